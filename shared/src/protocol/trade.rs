//! Trade between two characters, and the items they hold.

use super::bounded::{List, Text};
use crate::{
    codec::table::Wire,
    ids::{CharacterId, ItemId},
    limits::{MAX_INVENTORY, MAX_OFFER},
};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// A trade's id, made by the server.
pub type TradeId = Text<64>;

/// Some of one kind of item: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemStack {
    /// Which item.
    pub item_id: ItemId,
    /// How many, at least 1.
    pub quantity: NonZeroU32,
}

/// `trade_request`, client to server: offers to trade. The answer is a copy of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendTradeRequest {
    /// With whom.
    pub recipient_id: CharacterId,
}

/// `trade_request`, server to client: somebody wants to trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradeRequest {
    /// The trade.
    pub trade_id: TradeId,
    /// Who wants to trade.
    pub initiator_id: CharacterId,
    /// With whom.
    pub recipient_id: CharacterId,
}

/// `trade_accept`, client to server: begins the trade (by the recipient), or
/// agrees to the offers of this version (by both).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradeAccept {
    /// The trade.
    pub trade_id: TradeId,
    /// The version of the offers that the player has seen.
    #[serde(default)]
    pub offer_version: u32,
}

/// `trade_decline`, client to server: ends the trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradeDecline {
    /// The trade.
    pub trade_id: TradeId,
}

/// `trade_update`, client to server: sets the player's own offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendTradeUpdate {
    /// The trade.
    pub trade_id: TradeId,
    /// The player's own character; may be left out.
    #[serde(default)]
    pub character_id: Option<CharacterId>,
    /// The items that the player offers.
    pub items: List<ItemStack, MAX_OFFER>,
    /// The souls that the player offers.
    pub souls: u64,
    /// The version of the offers that the player has seen.
    #[serde(default)]
    pub offer_version: Option<u32>,
}

/// `trade_update`, server to client: a side's offer as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradeUpdate {
    /// The trade.
    pub trade_id: TradeId,
    /// Whose offer it is.
    pub character_id: CharacterId,
    /// The items it offers.
    pub items: List<ItemStack, MAX_OFFER>,
    /// The souls it offers.
    pub souls: u64,
    /// Rises with every change of either offer.
    #[serde(default)]
    pub offer_version: u32,
}

/// What went from one to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Transfer {
    /// Who gave it.
    pub from_character_id: CharacterId,
    /// Who has it now.
    pub to_character_id: CharacterId,
    /// The items.
    pub items: List<ItemStack, MAX_OFFER>,
    /// The souls.
    pub souls: u64,
}

/// `trade_complete`, server to client: it is done, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradeComplete {
    /// The trade.
    pub trade_id: TradeId,
    /// What changed hands.
    pub transfers: List<Transfer, 2>,
}

/// `inventory`, client to server: asks what the player's character holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InventoryRequest {}

/// Some of one kind of item that a character holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldItem {
    /// Which item.
    pub item_id: ItemId,
    /// Its name.
    pub name: Text<64>,
    /// What kind of item it is, such as weapon or consumable.
    pub item_type: Text<32>,
    /// How many.
    pub quantity: u32,
    /// Whether it is worn or wielded.
    pub equipped: bool,
}

/// `inventory`, server to client: what the player's character holds; also the answer to
/// `item_use`, `item_equip` and `item_drop`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inventory {
    /// The items.
    pub items: List<HeldItem, MAX_INVENTORY>,
    /// The souls.
    pub souls: u64,
}

/// `item_use`, `item_equip` and `item_drop`, client to server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemCommand {
    /// Which item.
    pub item_id: ItemId,
    /// How many; 1 if absent.
    #[serde(default)]
    pub quantity: Option<NonZeroU32>,
}
