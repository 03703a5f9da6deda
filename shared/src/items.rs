//! The catalogue of items and what a character starts with, as data. Another
//! game brings its own file.

use crate::{ids::ItemId, world::Class};
use serde::{Deserialize, Serialize};

/// What kind of item it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// Used up when used.
    Consumable,
    /// Wielded.
    Weapon,
}

impl ItemKind {
    /// How the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consumable => "consumable",
            Self::Weapon => "weapon",
        }
    }
}

/// An item of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its id: items of one id stack.
    pub id: ItemId,
    /// Its name.
    pub name: &'static str,
    /// What kind of item it is.
    pub kind: ItemKind,
}

const fn item(id: u64, name: &'static str, kind: ItemKind) -> Item {
    match ItemId::new(id) {
        Some(id) => Item { id, name, kind },
        None => panic!("items are numbered from 1"),
    }
}

/// The catalogue, by rising id. Ids are stored with characters: they are never
/// given to another item.
pub const ITEMS: &[Item] = &[
    item(1, "Healing Potion", ItemKind::Consumable),
    item(101, "Longsword", ItemKind::Weapon),
    item(102, "Oak Staff", ItemKind::Weapon),
    item(103, "Twin Daggers", ItemKind::Weapon),
    item(104, "Warhammer", ItemKind::Weapon),
    item(105, "Bone Wand", ItemKind::Weapon),
    item(106, "Hunting Bow", ItemKind::Weapon),
];

/// The item of this id, if the catalogue has it.
#[must_use]
pub fn find_item(id: ItemId) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.id == id)
}

/// A number of one item that a character holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// Which item.
    pub item: ItemId,
    /// How many, from 1.
    pub quantity: u32,
    /// Whether it is worn or wielded.
    pub equipped: bool,
}

/// Healing Potions that everybody starts with.
const STARTING_POTIONS: u32 = 3;

/// What a new character holds, by rising item: three Healing Potions, and the
/// weapon of its class in its hand.
#[must_use]
pub fn starting_goods(class: Class) -> Vec<Stack> {
    let weapon = match class {
        Class::Warrior => 101,
        Class::Sorcerer => 102,
        Class::Rogue => 103,
        Class::Paladin => 104,
        Class::Necromancer => 105,
        Class::Ranger => 106,
    };
    let stack = |id, quantity, equipped| Some(Stack { item: ItemId::new(id)?, quantity, equipped });
    [stack(1, STARTING_POTIONS, false), stack(weapon, 1, true)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::trade::HeldItem;

    #[test]
    fn every_class_starts_with_potions_and_a_weapon_of_its_own() {
        let mut weapons = Vec::new();
        for class in Class::ALL {
            let goods = starting_goods(*class);
            assert_eq!((find_item(goods[0].item).unwrap().name, goods[0].quantity), ("Healing Potion", 3));
            let weapon = find_item(goods[1].item).unwrap();
            assert_eq!((weapon.kind, goods[1].equipped, goods.len()), (ItemKind::Weapon, true, 2));
            weapons.push(weapon.id);
        }
        weapons.dedup();
        assert_eq!(weapons.len(), Class::ALL.len());
    }

    #[test]
    fn ids_rise_and_names_fit_the_wire() {
        assert!(ITEMS.windows(2).all(|pair| pair[0].id.get() < pair[1].id.get()));
        for item in ITEMS {
            let json = format!(
                r#"{{"item_id":{},"name":"{}","item_type":"{}","quantity":1,"equipped":false}}"#,
                item.id,
                item.name,
                item.kind.name()
            );
            assert!(serde_json::from_str::<HeldItem>(&json).is_ok(), "{json}");
        }
    }
}
