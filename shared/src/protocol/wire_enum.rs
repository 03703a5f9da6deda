//! Enums that are lower-case names in JSON and indices in binary.

/// Implements serde and `Wire` for an enum of unit variants in the order of their indices, whose
/// names strum knows; the text says what it must be.
macro_rules! wire_enum {
    ($name:ident, $must:literal) => {
        impl $name {
            /// All of them, by index.
            pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

            /// The names on the wire, by index.
            pub const NAMES: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;

            /// Its name on the wire.
            #[must_use]
            #[allow(clippy::indexing_slicing)] // Each variant has its name.
            pub const fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }

        impl $crate::codec::table::Wire for $name {
            const KIND: &'static $crate::codec::table::Kind = &$crate::codec::table::Kind::Names(Self::NAMES);
        }

        impl $crate::codec::table::Take for $name {
            fn take(rest: &mut &[u8]) -> Option<Self> {
                let index = <u8 as $crate::codec::table::Take>::take(rest)?;
                Self::ALL.get(usize::from(index)).copied()
            }
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
