//! JSON whose members keep the order they are written in, so that a generated file
//! reads as a person would write it and never depends on a map's order.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// A JSON value.
#[derive(Debug, Clone)]
pub enum Node {
    /// Without members: null, a boolean, a number or a text.
    Leaf(Value),
    /// A list.
    List(Vec<Node>),
    /// An object, in its order.
    Object(Vec<(String, Node)>),
}

/// In which order the members of a schema stand; what is not named here follows by its name.
const ORDER: &[&str] = &[
    "description",
    "type",
    "$ref",
    "const",
    "enum",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "maxItems",
    "items",
    "properties",
    "required",
];

impl Node {
    /// An object of these members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Node)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A list of these items.
    pub fn list<T: Into<Node>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// An object that points elsewhere.
    pub fn reference(to: impl AsRef<str>) -> Self {
        Self::object([("$ref", Self::from(to.as_ref()))])
    }

    /// The file's text.
    pub fn print(&self) -> String {
        // Nodes always serialize: their keys are texts.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Leaf(text.into())
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => Self::list(items),
            Value::Object(members) => {
                let place = |key: &String| ORDER.iter().position(|known| known == key).unwrap_or(ORDER.len());
                let mut members: Vec<_> = members.into_iter().collect();
                members.sort_by(|(a, _), (b, _)| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
                Self::object(members.into_iter().map(|(key, value)| (key, Self::from(value))))
            }
            leaf => Self::Leaf(leaf),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}
