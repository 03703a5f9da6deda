-- What a client sends over a WebSocket, frame by frame, before the server has it: a message
-- that is too long is cut off by its first bytes, and so is whoever sends too many frames
-- or bytes. The server's runtime would buffer 32 MiB of each message first, and answers
-- pings without asking us.
-- deploy/haproxy.cfg loads it; docs/OPERATING.md says what the numbers are.

local function number(variable)
  return assert(tonumber(os.getenv(variable)), variable .. " must be a number")
end

local MESSAGE = number("FRONT_MESSAGE")
local FRAMES = number("FRONT_FRAMES")
local BYTES = number("FRONT_BYTES")
local FRAMES_PER_ADDRESS = number("FRONT_FRAMES_PER_ADDRESS")
local BYTES_PER_ADDRESS = number("FRONT_BYTES_PER_ADDRESS")

-- All counts are of a window of this many seconds, and begin anew with the next.
local WINDOW = 10
-- The head of the upgrade: HAProxy wrote it, and lets none through that is longer.
local LONGEST_HEAD = 32 * 1024
-- A frame's own head: 2 bytes, 8 of length, 4 of mask.
local LONGEST_FRAME_HEAD = 14

-- The one way that ends a connection on both sides at once: with filter.ERROR HAProxy 2.6
-- goes on, and with txn:done() the server's side stays until a timeout.
local CUT = "cut"

-- What each address has sent in this window; all of it goes when the next begins, so it
-- grows no larger than the addresses of ten seconds.
local window = -1
local addresses = {}

local function count_for(address)
  local now = core.now().sec // WINDOW
  if now ~= window then
    window = now
    addresses = {}
  end
  local count = addresses[address]
  if count == nil then
    count = { frames = 0, bytes = 0 }
    addresses[address] = count
  end
  return count, now
end

local Frames = { id = "frames", flags = filter.FLT_CFG_FL_HTX }
Frames.__index = Frames

function Frames:new()
  return setmetatable({
    head = "", -- the beginning of a head that has not ended yet
    address = nil, -- known with the upgrade's head: from then on there are frames
    payload = 0, -- bytes of the current frame that are still to come
    message = 0, -- bytes of the current message's frames so far
    window = -1,
    frames = 0,
    bytes = 0,
  }, Frames)
end

function Frames:start_analyze(txn, channel)
  if not channel:is_resp() then filter.register_data_filter(self, channel) end
end

-- The address that an upgrade's head names, and what follows the head; nil until it ends.
local function split_upgrade(text)
  local _, last = text:find("\r\n\r\n", 1, true)
  if last == nil then return nil end
  local address = text:sub(1, last):lower():match("\r\nx%-client%-address: *([%x.:]+)\r\n")
  return address or "unknown", text:sub(last + 1)
end

-- Whether a frame may come, by its head at the beginning of `text`: the length of that
-- head, 0 if there is not all of it yet, nil if the frame may not.
function Frames:frame(text)
  if #text < 2 then return 0 end
  local first, second = text:byte(1, 2)
  local length = second & 0x7f
  local size = 2 + ((second & 0x80 ~= 0) and 4 or 0)
  if length == 126 then
    if #text < 4 then return 0 end
    length = string.unpack(">I2", text, 3)
    size = size + 2
  elseif length == 127 then
    if #text < 10 then return 0 end
    length = string.unpack(">i8", text, 3)
    size = size + 8
  end
  if length < 0 or length > MESSAGE then return nil end
  if #text < size then return 0 end
  local opcode = first & 0x0f
  if opcode < 8 then
    -- 0 goes on with the message that began before.
    self.message = (opcode == 0 and self.message or 0) + length
    if self.message > MESSAGE then return nil end
  end
  self.frames = self.frames + 1
  self.payload = length
  return size
end

-- Reads on; false if the connection is to be cut.
function Frames:read(text)
  local count, now = count_for(self.address)
  if now ~= self.window then
    self.window, self.frames, self.bytes = now, 0, 0
  end
  self.bytes = self.bytes + #text
  count.bytes = count.bytes + #text
  local before = self.frames
  local at = 1
  while true do
    if self.payload > 0 then
      local there = math.min(self.payload, #text - at + 1)
      self.payload = self.payload - there
      at = at + there
    end
    if at > #text then break end
    local piece = self.head .. text:sub(at, at + LONGEST_FRAME_HEAD - 1)
    local size = self:frame(piece)
    if size == nil then return false end
    if size == 0 then
      self.head = piece
      break
    end
    at = at + size - #self.head
    self.head = ""
  end
  count.frames = count.frames + self.frames - before
  return self.frames <= FRAMES and self.bytes <= BYTES and count.frames <= FRAMES_PER_ADDRESS and count.bytes <= BYTES_PER_ADDRESS
end

function Frames:tcp_payload(txn, channel)
  -- Without any, data() of HAProxy 2.6 gives whatever lies on its stack.
  if channel:input() == 0 then return end
  local text = channel:data()
  if self.address == nil then
    self.head = self.head .. text
    if #self.head > LONGEST_HEAD then error(CUT) end
    local address, rest = split_upgrade(self.head)
    if address == nil then return end
    self.address, self.head = address, ""
    text = rest
  end
  if text ~= "" and not self:read(text) then error(CUT) end
end

core.register_filter("frames", Frames, function(class)
  return class
end)
