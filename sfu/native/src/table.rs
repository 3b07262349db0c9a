//! Things by Python's ids, kept at places that do not move.
//!
//! Laws: `Place` finds a thing in one step and is what the packet path uses; a place is used again
//! only after its thing was removed, so whoever removes a thing first clears what points at it.

use std::collections::HashMap;

/// Where a thing lies.
pub type Place = usize;

pub struct Table<T> {
    things: Vec<Option<T>>,
    places: HashMap<u64, Place>,
    free: Vec<Place>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            things: Vec::new(),
            places: HashMap::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Table<T> {
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All places lie below this.
    #[must_use]
    pub fn span(&self) -> Place {
        self.things.len()
    }

    #[must_use]
    pub fn place(&self, id: u64) -> Option<Place> {
        self.places.get(&id).copied()
    }

    #[must_use]
    pub fn get(&self, place: Place) -> Option<&T> {
        self.things.get(place)?.as_ref()
    }

    pub fn get_mut(&mut self, place: Place) -> Option<&mut T> {
        self.things.get_mut(place)?.as_mut()
    }

    /// `None` when the id is taken.
    pub fn insert(&mut self, id: u64, thing: T) -> Option<Place> {
        if self.places.contains_key(&id) {
            return None;
        }
        let place = self.free.pop().unwrap_or(self.things.len());
        if place == self.things.len() {
            self.things.push(None);
        }
        self.things[place] = Some(thing);
        self.places.insert(id, place);
        Some(place)
    }

    pub fn remove(&mut self, id: u64) -> Option<(Place, T)> {
        let place = self.places.remove(&id)?;
        let thing = self.things.get_mut(place)?.take()?;
        self.free.push(place);
        Some((place, thing))
    }

    pub fn iter(&self) -> impl Iterator<Item = (Place, &T)> {
        self.things
            .iter()
            .enumerate()
            .filter_map(|(place, thing)| Some((place, thing.as_ref()?)))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Place, &mut T)> {
        let things = self.things.iter_mut().enumerate();
        things.filter_map(|(place, thing)| Some((place, thing.as_mut()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn places_stay_and_are_used_again() {
        let mut table = Table::default();
        let first = table.insert(7, "a").expect("a new id");
        let second = table.insert(8, "b").expect("a new id");
        assert_eq!(table.insert(7, "c"), None);
        assert_eq!(table.remove(7), Some((first, "a")));
        assert_eq!(table.get(first), None);
        assert_eq!(table.get(second), Some(&"b"));
        assert_eq!(table.insert(9, "d"), Some(first));
        assert_eq!(table.len(), 2);
    }
}
