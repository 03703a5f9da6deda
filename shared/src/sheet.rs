//! A character's sheet: what the first generation's `character` object holds.

use crate::{
    codec::table::{Kind, Take, Wire},
    ids::{CharacterId, LocationId},
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::{Class, Faction, NEXUS, Race},
};
use serde::{Deserialize, Serialize};

/// The six D&D-style stats, each 3 to 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stats {
    /// Strength, 3 to 20.
    pub strength: u8,
    /// Dexterity, 3 to 20.
    pub dexterity: u8,
    /// Intelligence, 3 to 20.
    pub intelligence: u8,
    /// Constitution, 3 to 20.
    pub constitution: u8,
    /// Wisdom, 3 to 20.
    pub wisdom: u8,
    /// Charisma, 3 to 20.
    pub charisma: u8,
}

/// What a character spends and regains, each 0 to its maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resources {
    /// Health left.
    pub health: u32,
    /// Health at most.
    pub max_health: u32,
    /// Stamina left.
    pub stamina: u32,
    /// Stamina at most.
    pub max_stamina: u32,
    /// Mana left.
    pub mana: u32,
    /// Mana at most.
    pub max_mana: u32,
}

impl Resources {
    /// What everybody starts with: 100 of 100.
    pub const FULL: Self =
        Self { health: 100, max_health: 100, stamina: 100, max_stamina: 100, mana: 100, max_mana: 100 };
}

/// What a character has gained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Progression {
    /// The level, from 1.
    pub level: u32,
    /// Points of experience, from 0.
    pub experience: u64,
    /// The currency, from 0.
    pub souls: u64,
}

impl Progression {
    /// Level 1, nothing gained yet.
    pub const START: Self = Self { level: 1, experience: 0, souls: 0 };
}

/// A character, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Character"))]
pub struct Sheet {
    /// Its id.
    pub id: CharacterId,
    /// Its name, unique in the realm.
    pub name: CharacterName,
    /// Always true: monsters have no sheets on the wire.
    pub is_player: bool,
    /// Its race.
    pub race: Race,
    /// Its class.
    pub class: Class,
    /// Its faction.
    pub faction: Faction,
    /// Its stats, rolled by the server.
    pub stats: Stats,
    /// Health, stamina and mana.
    pub resources: Resources,
    /// Level, experience and souls.
    pub progression: Progression,
    /// Where it was last.
    pub location_id: LocationId,
    /// When it was made (ISO 8601 in JSON).
    #[serde(with = "iso8601")]
    #[wire(kind = Kind::Date)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Iso8601"))]
    pub created_at: Millis,
    /// When it last changed (ISO 8601 in JSON).
    #[serde(with = "iso8601")]
    #[wire(kind = Kind::Date)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Iso8601"))]
    pub updated_at: Millis,
}

impl Sheet {
    /// A character that has just been made.
    #[must_use]
    pub fn new(
        id: CharacterId,
        name: CharacterName,
        race: Race,
        class: Class,
        faction: Faction,
        stats: Stats,
        now: Millis,
    ) -> Self {
        Self {
            id,
            name,
            is_player: true,
            race,
            class,
            faction,
            stats,
            resources: Resources::FULL,
            progression: Progression::START,
            location_id: NEXUS,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Where everybody enters a location.
pub const ENTRANCE: Vec3 = Vec3::ZERO;

/// ISO 8601 in UTC with milliseconds in human-readable formats, an integer in
/// the others. (Days from the civil calendar after Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms".)
pub mod iso8601 {
    use crate::time::Millis;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::borrow::Cow;

    const DAY: u64 = 86_400_000;

    /// The moment as `2026-11-23T03:18:00.000Z`.
    #[must_use]
    pub fn format(moment: Millis) -> String {
        let (days, rest) = (moment.0 / DAY, moment.0 % DAY);
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let (hour, minute, second, milli) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }

    /// Reads what [`format()`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Millis> {
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse::<u64>().ok()
        };
        let punctuated = text.len() == 24
            && [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (23, "Z")]
                .iter()
                .all(|(at, mark)| text.get(*at..*at + 1) == Some(mark));
        if !punctuated {
            return None;
        }
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second, milli) = (number(11..13)?, number(14..16)?, number(17..19)?, number(20..23)?);
        if !(1970..=9999).contains(&year)
            || !(1..=12).contains(&month)
            || !(1..=days_in(year, month)).contains(&day)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        let shifted_year = year - u64::from(month <= 2);
        let era = shifted_year / 400;
        let year_of_era = shifted_year % 400;
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
        Some(Millis(days * DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli))
    }

    const fn days_in(year: u64, month: u64) -> u64 {
        match month {
            2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// For `#[serde(with)]`.
    pub fn serialize<S: Serializer>(moment: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&format(*moment))
        } else {
            serializer.serialize_u64(moment.0)
        }
    }

    /// For `#[serde(with)]`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        if deserializer.is_human_readable() {
            let text = Cow::<str>::deserialize(deserializer)?;
            parse(&text).ok_or_else(|| de::Error::custom("must be a time such as 2026-11-23T03:18:00.000Z"))
        } else {
            let moment = Millis(u64::deserialize(deserializer)?);
            (moment <= Millis::LAST)
                .then_some(moment)
                .ok_or_else(|| de::Error::custom("must be before the year 10000"))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use chrono::{DateTime, SecondsFormat};
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn times_are_written_and_read_as_chrono_does(milliseconds in 0..=Millis::LAST.0) {
                let text = format(Millis(milliseconds));
                let theirs = DateTime::from_timestamp_millis(milliseconds as i64).unwrap();
                prop_assert_eq!(&text, &theirs.to_rfc3339_opts(SecondsFormat::Millis, true));
                prop_assert_eq!(parse(&text), Some(Millis(milliseconds)));
            }

            #[test]
            fn no_day_or_hour_is_read_that_chrono_does_not_know(
                year in 1970..2110_u64, month in 0..14_u64, day in 0..33_u64, hour in 0..26_u64, minute in 0..62_u64,
            ) {
                let text = std::format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:07.089Z");
                let theirs = DateTime::parse_from_rfc3339(&text).ok().map(|time| Millis(time.timestamp_millis() as u64));
                prop_assert_eq!(parse(&text), theirs, "{}", text);
            }
        }

        #[test]
        fn times_are_written_and_read_in_iso_8601() {
            for (milliseconds, text) in [
                (0, "1970-01-01T00:00:00.000Z"),
                (951_782_400_000, "2000-02-29T00:00:00.000Z"),
                (1_763_868_000_123, "2025-11-23T03:20:00.123Z"),
                (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
            ] {
                assert_eq!(format(Millis(milliseconds)), text);
                assert_eq!(parse(text), Some(Millis(milliseconds)));
            }
            for text in
                ["", "2025-11-23", "2025-13-01T00:00:00.000Z", "2025-+1-01T00:00:00.000Z", "2025-11-23T03:20:00.123+"]
            {
                assert_eq!(parse(text), None, "{text}");
            }
        }
    }
}
