//! The only list of learners.
//!
//! Those that ship with the library are in `SHIPPED`: to add one, add its folder and a line here. A program
//! can add its own learner with [`register`]; from then on, recipes, model folders and command lines know it
//! by name.

use std::sync::RwLock;

use super::family::AnyFamily;
use super::{Card, Family, c_gcn, encoder, fcm, pa_lstm, regions};

const SHIPPED: [&dyn AnyFamily; 5] = [
    &pa_lstm::PaLstmFamily,
    &c_gcn::CGcnFamily,
    &fcm::FcmFamily,
    &regions::RegionsFamily,
    &encoder::EncoderFamily,
];

static REGISTERED: RwLock<Vec<&'static dyn AnyFamily>> = RwLock::new(Vec::new());

/// Adds a family for the rest of the program's life. Adding the same family again has no effect.
///
/// # Errors
/// If another family already has its name, or the name of one of its variants.
pub fn register<F: Family>(family: &'static F) -> Result<(), String> {
    let card = Family::card(family);
    let mut registered = REGISTERED.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    let known = SHIPPED.iter().chain(&*registered);
    let mut taken =
        known.filter(|known| names_of(known.card()).any(|name| names_of(card).any(|n| n == name)));
    match taken.next() {
        Some(other) if std::ptr::eq(other.card(), card) => Ok(()),
        Some(other) => {
            Err(format!("there is already a learner called `{}`; choose another name", other.card().name))
        }
        None => {
            registered.push(family);
            Ok(())
        }
    }
}

/// The cards of all families, those that ship with the library first.
pub fn cards() -> Vec<&'static Card> {
    families().iter().map(|family| family.card()).collect()
}

/// The names of all learners, variants included.
pub fn names() -> Vec<&'static str> {
    cards().into_iter().flat_map(names_of).collect()
}

pub(super) fn families() -> Vec<&'static dyn AnyFamily> {
    let registered = REGISTERED.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    SHIPPED.iter().chain(&*registered).copied().collect()
}

/// The family that `name`, or the variant of that name, belongs to.
pub(super) fn find(name: &str) -> Option<&'static dyn AnyFamily> {
    families().into_iter().find(|family| names_of(family.card()).any(|known| known == name))
}

fn names_of(card: &'static Card) -> impl Iterator<Item = &'static str> {
    std::iter::once(card.name).chain(card.variants.iter().map(|(name, _)| *name))
}
