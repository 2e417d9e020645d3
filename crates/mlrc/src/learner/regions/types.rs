//! The entities' types as components of their own.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::corpus::{Entity, Instance};
use crate::learner::Part;

/// The types that have a component, and its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityTypes {
    /// Of subjects and of objects.
    pub types: [Vec<String>; 2],
    /// The value of a component whose type an instance has; 0 if there are none.
    pub type_value: f32,
}

impl EntityTypes {
    /// The types in the training set, if all of it has them, with this share of the mean squared length.
    pub fn fit(instances: &[&Instance], share: f32) -> Self {
        if share == 0.0 || !instances.iter().all(|instance| instance.is_typed()) {
            return Self::default();
        }
        let types = [0, 1].map(|entity| {
            let found: BTreeSet<&str> =
                instances.iter().filter_map(|instance| types_of(instance)[entity]).collect();
            found.into_iter().map(str::to_owned).collect()
        });
        // Two components of an instance are set.
        Self { types, type_value: (share / 2.0).sqrt() }
    }

    /// Number of components.
    pub fn len(&self) -> usize {
        self.types.iter().map(Vec::len).sum()
    }

    /// Whether types are read.
    pub fn are_read(&self) -> bool {
        self.type_value > 0.0
    }

    /// Counts the types of an instance that have no component, if types are read.
    pub fn note_foreign(&self, instance: &Instance, types: &mut Part) {
        if self.are_read() {
            let known = self.types.iter().zip(types_of(instance));
            known.filter_map(|(known, kind)| Some((known, kind?))).for_each(|(known, kind)| {
                types.note(!known.iter().any(|name| name == kind));
            });
        }
    }

    /// The components of an instance.
    pub fn of<'a>(&'a self, instance: &'a Instance) -> impl Iterator<Item = f32> + 'a {
        let (value, known) = (self.type_value, self.types.iter().zip(types_of(instance)));
        known.flat_map(move |(known, kind)| {
            known.iter().map(move |name| if kind == Some(name) { value } else { 0.0 })
        })
    }
}

/// The types of subject and object.
fn types_of(instance: &Instance) -> [Option<&str>; 2] {
    [&instance.subject, &instance.object].map(Entity::type_name)
}
