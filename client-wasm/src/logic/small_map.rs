//! A map of few entries: a sorted list. The standard library's maps are tens of kilobytes
//! of the download; these hold a party's members or the requests that are under way.

/// Values by keys, in the order of the keys.
#[derive(Debug)]
pub struct SmallMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: Ord, V> SmallMap<K, V> {
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.entries.binary_search_by(|(known, _)| known.cmp(key))
    }

    /// The value of this key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let index = self.find(key).ok()?;
        self.entries.get(index).map(|(_, value)| value)
    }

    /// The value of this key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let index = self.find(key).ok()?;
        self.entries.get_mut(index).map(|(_, value)| value)
    }

    /// Sets the value of this key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.find(&key) {
            Ok(index) => {
                if let Some((_, known)) = self.entries.get_mut(index) {
                    *known = value;
                }
            }
            Err(index) => self.entries.insert(index, (key, value)),
        }
    }

    /// Takes the value of this key.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let index = self.find(key).ok()?;
        Some(self.entries.remove(index).1)
    }

    /// Keeps the entries of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.entries.retain(|(key, value)| keep(key, value));
    }

    /// The entries, by rising key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_map_does_what_the_standard_one_does() {
        use shardlink_shared::entropy::{Entropy, Seeded};
        use std::collections::BTreeMap;
        let mut entropy = Seeded::new(3);
        let (mut small, mut standard) = (SmallMap::default(), BTreeMap::new());
        for step in 0..2_000_u32 {
            let key = entropy.below(20);
            match entropy.below(4) {
                0 => assert_eq!(small.remove(&key), standard.remove(&key)),
                1 => assert_eq!(small.get_mut(&key).copied(), standard.get(&key).copied()),
                2 if step % 50 == 0 => {
                    small.retain(|key, _| key % 2 == 0);
                    standard.retain(|key, _| key % 2 == 0);
                }
                _ => {
                    small.insert(key, step);
                    standard.insert(key, step);
                }
            }
            assert!(small.iter().eq(standard.iter()));
            assert_eq!((small.get(&key), small.is_empty()), (standard.get(&key), standard.is_empty()));
        }
        small.values_mut().for_each(|value| *value = 0);
        assert!(small.iter().all(|(_, value)| *value == 0));
        small.clear();
        assert!(small.is_empty());
    }
}
