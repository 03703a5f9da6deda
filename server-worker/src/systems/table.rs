//! The table made into code: one enum of all requests, one of all changes, one struct of all
//! facts. A row makes a system; nothing else names one.

/// The systems: each a number that stored facts are known by, its folder and its type.
macro_rules! systems {
    ($($number:literal $folder:ident $system:ident;)*) => {
        /// A request of any system.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // Each is documented at its folder.
        pub enum Request {
            $($system(<$folder::$system as System>::Request),)*
        }

        /// Word that changes what a hub keeps of a player for a system.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum Change {
            $($system(<<$folder::$system as System>::Fact as Fact>::Change),)*
        }

        /// What a reply brings for a system to keep in the hub's memory.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)]
        pub enum Remembered {
            $($system(<<$folder::$system as System>::Local as Local>::Memory),)*
        }

        /// What a hub keeps of a player for all systems.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Facts {
            $($folder: <$folder::$system as System>::Fact,)*
        }

        /// What all systems keep in a hub's memory.
        #[derive(Debug, Default)]
        pub struct Locals {
            $($folder: <$folder::$system as System>::Local,)*
        }

        impl Request {
            /// The number of the system whose request it is.
            #[must_use]
            pub const fn system(&self) -> u8 {
                match self {
                    $(Self::$system(_) => $number,)*
                }
            }

            /// The request in a message.
            ///
            /// # Errors
            /// The message, if it is no system's.
            pub fn read(message: ClientMessage) -> std::result::Result<Self, Box<ClientMessage>> {
                let message = Box::new(message);
                $(let message = match <$folder::$system as System>::read(*message) {
                    Ok(request) => return Ok(Self::$system(request)),
                    Err(message) => message,
                };)*
                Err(message)
            }

            /// Decides in the hub how it is served.
            ///
            /// # Errors
            /// What the hub can refuse by itself.
            pub fn begin(self, here: &Here<'_>, locals: &Locals) -> Result<Step<Self>> {
                match self {
                    $(Self::$system(request) => {
                        let step = <$folder::$system as System>::begin(here, &locals.$folder, request)?;
                        Ok(step.map(Self::$system))
                    })*
                }
            }

            /// Serves it.
            ///
            /// # Errors
            /// What the objects that it asks refuse.
            pub async fn serve(self, on: &impl Platform, settings: &Settings, asker: &Asker) -> Result<Reply> {
                match self {
                    $(Self::$system(request) => {
                        Box::pin(<$folder::$system as System>::serve(on, settings, asker, request)).await
                    })*
                }
            }

            /// Serves requests that were gathered in a lane. A lane belongs to one system.
            ///
            /// # Errors
            /// What is refused to all of them.
            pub async fn serve_together(
                on: &impl Platform,
                batch: &Batch,
                requests: Vec<(Asker, Self)>,
            ) -> Result<Vec<Result<Reply>>> {
                match requests.first() {
                    $(Some((_, Self::$system(_))) => {
                        let own = requests.into_iter().filter_map(|(asker, request)| match request {
                            Self::$system(request) => Some((asker, request)),
                            #[allow(unreachable_patterns)] // Where there is one system.
                            _ => None,
                        });
                        let own: Vec<_> = own.collect();
                        Box::pin(<$folder::$system as System>::serve_together(on, batch, &own)).await
                    })*
                    None => Ok(Vec::new()),
                }
            }

            /// What a character that enters the world is told.
            pub async fn introduce(on: &impl Platform, entered: &Entered) -> Vec<Told> {
                let mut all = Vec::new();
                $(all.extend(<$folder::$system as System>::introduce(on, entered).await);)*
                all
            }

            /// The requests that systems themselves have for somebody who has not asked.
            #[must_use]
            pub fn unasked(occasion: Occasion, facts: &Facts, locals: &Locals) -> Vec<Self> {
                let mut all = Vec::new();
                $(all.extend(
                    <$folder::$system as System>::unasked(occasion, &facts.$folder, &locals.$folder)
                        .into_iter()
                        .map(Self::$system),
                );)*
                all
            }
        }

        impl Change {
            /// The number of the system whose fact it changes.
            #[must_use]
            pub const fn system(&self) -> u8 {
                match self {
                    $(Self::$system(_) => $number,)*
                }
            }
        }

        impl Facts {
            /// Takes word of a change. Returns whether it is news.
            pub fn take(&mut self, me: CharacterId, change: &Change) -> bool {
                match change {
                    $(Change::$system(change) => self.$folder.take(me, change),)*
                }
            }

            /// The group that the player is in.
            #[must_use]
            pub fn group(&self) -> Option<GroupId> {
                None$(.or_else(|| self.$folder.group()))*
            }

            /// Whether the player hears a sender.
            #[must_use]
            pub fn hears(&self, sender: CharacterId) -> bool {
                true $(&& self.$folder.hears(sender))*
            }

            /// Why a message is refused to the player now, if it is.
            #[must_use]
            pub fn refuses(&self, message: &ClientMessage) -> Option<Refusal> {
                None$(.or_else(|| self.$folder.refuses(message)))*
            }

            $(
                /// What this system keeps.
                #[must_use]
                pub const fn $folder(&self) -> &<$folder::$system as System>::Fact {
                    &self.$folder
                }
            )*

            /// The facts to be stored, each with its system's number. Those that are as in the
            /// beginning are left out.
            #[must_use]
            pub fn write(&self) -> Vec<Stored> {
                let mut all = Vec::new();
                $(if self.$folder != Default::default() {
                    // These types always serialize.
                    all.push(($number, postcard::to_allocvec(&self.$folder).unwrap_or_default()));
                })*
                all
            }

            /// The facts that were stored. Those of a system that this build does not have, or in
            /// a form that it cannot read, are left out.
            #[must_use]
            pub fn read(stored: &[Stored]) -> Self {
                let mut facts = Self::default();
                for (number, bytes) in stored {
                    match number {
                        $($number => facts.$folder = postcard::from_bytes(bytes).unwrap_or_default(),)*
                        _ => {}
                    }
                }
                facts
            }
        }

        impl Locals {
            /// Something is told in this hub.
            pub fn heard(&mut self, delivery: &Delivery, now: Millis) {
                $(self.$folder.heard(delivery, now);)*
            }

            /// Keeps what a reply has brought.
            pub fn remember(&mut self, remembered: Remembered) {
                match remembered {
                    $(Remembered::$system(memory) => self.$folder.remember(memory),)*
                }
            }
        }

        /// The rates of systems that have one of their own.
        pub const RATES: &[Rate] = &[$(<$folder::$system as System>::RATE),*];

        /// The number of the system whose own rate a message has, and that rate.
        #[must_use]
        pub fn own_rate(message: &ClientMessage) -> Option<(u8, Rate)> {
            $(if <$folder::$system as System>::has_own_rate(message) {
                return Some(($number, <$folder::$system as System>::RATE));
            })*
            None
        }
    };
}
