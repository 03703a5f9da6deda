//! Enums that are lower-case names in JSON and indices in binary.

/// Implements serde and `Wire` for an enum with `ALL` in the order of its indices and
/// `name()`; the text says what it must be.
macro_rules! wire_enum {
    ($name:ident, $must:literal) => {
        impl $name {
            /// The names on the wire, by index.
            #[allow(clippy::indexing_slicing)] // The compiler evaluates it.
            pub const NAMES: &'static [&'static str] = &{
                let mut names = [""; Self::ALL.len()];
                let mut index = 0;
                while index < names.len() {
                    names[index] = Self::ALL[index].name();
                    index += 1;
                }
                names
            };
        }

        impl $crate::codec::table::Wire for $name {
            const KIND: &'static $crate::codec::table::Kind = &$crate::codec::table::Kind::Names(Self::NAMES);
        }

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
