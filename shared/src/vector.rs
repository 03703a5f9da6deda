//! Positions and velocities, in fixed point: hundredths of a metre (of a metre
//! per second), so that both encodings and both sides hold the same value.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::ops::{Add, Sub};

/// Units of [`Vec3`] in a metre.
pub const UNITS_PER_METRE: f64 = 100.0;

/// The largest magnitude of a coordinate in metres. Far outside every location
/// (±500); small enough that no sum of two overflows.
pub const MAX_COORDINATE: f64 = 10_000.0;

/// A point (metres) or a velocity (metres per second) in hundredths.
///
/// On the wire an object `{x, y, z}` of finite numbers of at most
/// [`MAX_COORDINATE`] in JSON (`z` may be absent and is then 0), three zigzag
/// varints in binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Vec3 {
    /// East, in hundredths.
    pub x: i32,
    /// South, in hundredths.
    pub y: i32,
    /// Up, in hundredths.
    pub z: i32,
}

impl Vec3 {
    /// (0, 0, 0).
    pub const ZERO: Self = Self { x: 0, y: 0, z: 0 };

    /// From metres, rounded to hundredths. `None` where a number is not finite
    /// or its magnitude is above [`MAX_COORDINATE`].
    #[must_use]
    pub fn from_metres(x: f64, y: f64, z: f64) -> Option<Self> {
        Some(Self { x: hundredths(x)?, y: hundredths(y)?, z: hundredths(z)? })
    }

    /// The coordinates in metres.
    #[must_use]
    pub fn to_metres(self) -> [f64; 3] {
        [self.x, self.y, self.z].map(|n| f64::from(n) / UNITS_PER_METRE)
    }

    /// The length in metres (or metres per second).
    #[must_use]
    pub fn length(self) -> f64 {
        let [x, y, z] = self.to_metres();
        (x * x + y * y + z * z).sqrt()
    }

    /// Whether every coordinate is at most [`MAX_COORDINATE`] in magnitude.
    #[must_use]
    pub fn in_bounds(self) -> bool {
        let most = (MAX_COORDINATE * UNITS_PER_METRE) as i32;
        [self.x, self.y, self.z].iter().all(|n| (-most..=most).contains(n))
    }
}

fn hundredths(metres: f64) -> Option<i32> {
    // NaN fails the comparison, so it is refused with the infinities.
    (metres.abs() <= MAX_COORDINATE).then(|| (metres * UNITS_PER_METRE).round() as i32)
}

impl Add for Vec3 {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            x: self.x.saturating_add(other.x),
            y: self.y.saturating_add(other.y),
            z: self.z.saturating_add(other.z),
        }
    }
}

impl Sub for Vec3 {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            x: self.x.saturating_sub(other.x),
            y: self.y.saturating_sub(other.y),
            z: self.z.saturating_sub(other.z),
        }
    }
}

/// A point in metres, or a velocity in metres a second. Kept in hundredths.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Vector"))]
struct Metres {
    /// East.
    #[cfg_attr(feature = "schema", schemars(range(min = -MAX_COORDINATE, max = MAX_COORDINATE)))]
    x: f64,
    /// South.
    #[cfg_attr(feature = "schema", schemars(range(min = -MAX_COORDINATE, max = MAX_COORDINATE)))]
    y: f64,
    /// Up.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = -MAX_COORDINATE, max = MAX_COORDINATE)))]
    z: f64,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Vec3 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Metres::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Metres::json_schema(generator)
    }
}

impl Serialize for Vec3 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let [x, y, z] = self.to_metres();
            Metres { x, y, z }.serialize(serializer)
        } else {
            (self.x, self.y, self.z).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Vec3 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let vector = if deserializer.is_human_readable() {
            let Metres { x, y, z } = Metres::deserialize(deserializer)?;
            Self::from_metres(x, y, z)
        } else {
            let (x, y, z) = Deserialize::deserialize(deserializer)?;
            Some(Self { x, y, z }).filter(|vector| vector.in_bounds())
        };
        // The bound is MAX_COORDINATE's; spelt out, because to format a float is 12 KB of code.
        vector.ok_or_else(|| de::Error::custom("must have coordinates from -10000 to 10000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_or_too_far_is_refused() {
        assert_eq!(Vec3::from_metres(f64::NAN, 0.0, 0.0), None);
        assert_eq!(Vec3::from_metres(0.0, f64::INFINITY, 0.0), None);
        assert_eq!(Vec3::from_metres(0.0, 0.0, -10_000.1), None);
        assert!(serde_json::from_str::<Vec3>(r#"{"x":1e300,"y":0,"z":0}"#).is_err());
    }

    #[test]
    fn json_is_in_metres_and_keeps_hundredths() {
        let vector = Vec3::from_metres(12.34, -0.01, 499.999).unwrap();
        let json = serde_json::to_string(&vector).unwrap();
        assert_eq!(json, r#"{"x":12.34,"y":-0.01,"z":500.0}"#);
        assert_eq!(serde_json::from_str::<Vec3>(&json).unwrap(), vector);
        assert_eq!(serde_json::from_str::<Vec3>(r#"{"x":1,"y":2}"#).unwrap(), Vec3 { x: 100, y: 200, z: 0 });
    }
}
