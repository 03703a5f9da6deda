//! Enums that are lower-case names in JSON and indices in binary.

/// Implements serde for an enum with `ALL` in the order of its indices and
/// `name()`; the text says what it must be.
macro_rules! wire_enum {
    ($name:ident, $must:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_str(self.name())
                } else {
                    serializer.serialize_u8(*self as u8)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let found = if deserializer.is_human_readable() {
                    let name = Cow::<str>::deserialize(deserializer)?;
                    Self::ALL.iter().copied().find(|one| one.name() == name)
                } else {
                    let index = u8::deserialize(deserializer)?;
                    Self::ALL.get(usize::from(index)).copied()
                };
                found.ok_or_else(|| de::Error::custom($must))
            }
        }
    };
}
