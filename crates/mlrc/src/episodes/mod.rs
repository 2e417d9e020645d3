//! Relations that are new: can a relation be told from others by a few sentences, when no stage of training has seen it?
//!
//! An *episode* (Vinyals et al. 2016; for relations FewRel, Han et al. 2018) draws `way` relations, `shot` sentences of each as
//! the support set, and further sentences as queries; some of the queries may have none of these relations (FewRel 2.0, Gao et
//! al. 2019). What is learnt beforehand is learnt on *base* relations, which are others:
//!
//! - [`Method::Frozen`] learns nothing.
//! - [`Method::Names`] learns nothing either, but reads what the new relations are called: then no sentence of them is needed.
//! - [`Method::Joint`] tells all base relations apart, as in ordinary training.
//! - [`Method::Ridge`] has gradients go through the closed form of episodes of base relations (R2-D2, Bertinetto et al. 2019).
//! - [`Method::Reptile`] and [`Method::Fomaml`] look for a start from which some steps of gradient descent on the support set lead far
//!   (Nichol et al. 2018; Finn et al. 2017).
//!
//! The support set is learnt from in closed form or by such steps; with the first two methods, by what is better on base
//! relations.
//!
//! All read the same frozen features, those of [`regions`](crate::learner::regions), train the same parameters, an
//! [`Adaptor`] that starts as the identity, and compute as many instance-gradients on base relations. Whatever is chosen
//! (learning rates, the penalty, from which score on a query has one of the relations) is chosen on base relations that are
//! left out of training.

mod adam;
mod adaptor;
mod evaluation;
mod layers;
mod method;
mod pool;
mod ridge;
mod sampling;
mod softmax;

pub use adaptor::Adaptor;
pub use evaluation::{Accuracy, Options, Outcome, evaluate};
pub use method::{Adaptation, Method, Setting};
pub use pool::{Pool, PoolError, Pools};
pub use sampling::{Episode, Protocol, ProtocolError};
