//! How a character is made, and what follows from its stats.

use crate::{
    entropy::Entropy,
    sheet::Stats,
    world::{Class, HIGHEST_WALKING_SPEED, Race, WALKING_SPEED},
};

/// Rolls the six stats: each the sum of the best three of four six-sided dice
/// (D&D 5e, Basic Rules, "Determine Ability Scores"), with the adjustments of
/// race and class added, clamped to 3 to 20.
pub fn roll_stats(race: Race, class: Class, entropy: &mut dyn Entropy) -> Stats {
    let race = race_adjustment(race);
    let class = class_adjustment(class);
    let mut stats = [0_u8; 6];
    for (stat, (of_race, of_class)) in stats.iter_mut().zip(race.into_iter().zip(class)) {
        let rolled = i16::from(best_three_of_four(entropy)) + of_race + of_class;
        *stat = rolled.clamp(3, 20) as u8;
    }
    let [strength, dexterity, intelligence, constitution, wisdom, charisma] = stats;
    Stats { strength, dexterity, intelligence, constitution, wisdom, charisma }
}

fn best_three_of_four(entropy: &mut dyn Entropy) -> u8 {
    let dice: [u8; 4] = std::array::from_fn(|_| 1 + entropy.below(6) as u8);
    let lowest = dice.iter().copied().min().unwrap_or(0);
    dice.iter().sum::<u8>() - lowest
}

/// Strength, dexterity, intelligence, constitution, wisdom, charisma.
type Adjustment = [i16; 6];

/// Every race adds 2 points in all (humans 1 to each of two).
const fn race_adjustment(race: Race) -> Adjustment {
    match race {
        Race::Human => [0, 0, 0, 1, 0, 1],
        Race::Elf => [0, 2, 1, -1, 0, 0],
        Race::Dwarf => [1, -1, 0, 2, 0, 0],
        Race::Tiefling => [0, 0, 1, 0, -1, 2],
        Race::Dragonborn => [2, -1, 0, 0, 0, 1],
        Race::Undead => [1, 0, 0, 2, 1, -2],
    }
}

/// Every class adds 2 to what it lives by and 1 to what it leans on.
const fn class_adjustment(class: Class) -> Adjustment {
    match class {
        Class::Warrior => [2, 0, 0, 1, 0, 0],
        Class::Sorcerer => [0, 0, 2, 0, 0, 1],
        Class::Rogue => [0, 2, 1, 0, 0, 0],
        Class::Paladin => [1, 0, 0, 0, 0, 2],
        Class::Necromancer => [0, 0, 2, 0, 1, 0],
        Class::Ranger => [0, 2, 0, 0, 1, 0],
    }
}

/// Walking speed in metres a second: 6, and 0.2 more for each point of
/// dexterity above 10, up to 8.
#[must_use]
pub fn walking_speed(stats: &Stats) -> f64 {
    let above = f64::from(stats.dexterity.saturating_sub(10));
    (WALKING_SPEED + 0.2 * above).min(HIGHEST_WALKING_SPEED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;

    struct Constant(u8);
    impl Entropy for Constant {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
            if let Some(first) = bytes.first_mut() {
                *first = self.0;
            }
        }
    }

    #[test]
    fn stats_lie_between_3_and_20_and_the_dice_are_fair() {
        let mut entropy = Seeded::new(7);
        let mut sum = 0_u64;
        for _ in 0..2_000 {
            let stats = roll_stats(Race::Human, Class::Warrior, &mut entropy);
            for stat in [stats.strength, stats.dexterity, stats.wisdom] {
                assert!((3..=20).contains(&stat));
            }
            sum += u64::from(stats.dexterity);
        }
        // The mean of 4d6 drop lowest is 12.24; humans and warriors adjust no dexterity.
        let mean = sum as f64 / 2_000.0;
        assert!((mean - 12.24).abs() < 0.3, "{mean}");
    }

    #[test]
    fn adjustments_are_added_and_clamped() {
        // Every die shows 1 (0 modulo 6) or 6 (5 modulo 6).
        let low = roll_stats(Race::Dwarf, Class::Warrior, &mut Constant(0));
        assert_eq!((low.strength, low.dexterity, low.constitution), (6, 3, 6));
        let high = roll_stats(Race::Elf, Class::Rogue, &mut Constant(5));
        assert_eq!((high.dexterity, high.intelligence, high.constitution), (20, 20, 17));
    }

    #[test]
    fn dexterity_gives_speed_up_to_8() {
        let with = |dexterity| {
            walking_speed(&Stats { dexterity, ..roll_stats(Race::Human, Class::Rogue, &mut Constant(0)) })
        };
        assert!((with(3) - 6.0).abs() < 1e-9);
        assert!((with(15) - 7.0).abs() < 1e-9);
        assert!((with(20) - 8.0).abs() < 1e-9);
    }
}
