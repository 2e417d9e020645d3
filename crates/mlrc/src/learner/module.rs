//! Conversion between points in parameter space and the tensors of Burn modules.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

use super::{BatchOf, Learner, Mode};
use crate::device::Device;
use crate::objective::{Parameters, Tangent};

impl Parameters {
    /// The parameters of `learner`.
    pub fn of<L: Module>(learner: &L) -> Self {
        let mut reader = Reader { values: Vec::new() };
        learner.visit(&mut reader);
        Self { values: reader.values }
    }

    /// `learner` with these parameters, as fresh tensors on `device`.
    ///
    /// # Panics
    /// If the learner has a different number of parameters.
    #[must_use]
    pub fn load<L: Module>(&self, learner: &L, device: Device) -> L {
        let flat = TensorData::new(self.values.clone(), [self.values.len()]);
        view(&Tensor::from_data(flat, device.burn()), learner)
    }

    /// Runs `work` with `learner` at these parameters, on `device`. On the CPU, the learner's tensors are
    /// views of the vector: nothing is copied, unless `work` keeps one of them. If `work` panics, the values
    /// are lost.
    ///
    /// # Panics
    /// If the learner has a different number of parameters.
    pub fn lend<L: Module, R>(&mut self, learner: &L, device: Device, work: impl FnOnce(&L) -> R) -> R {
        let values = std::mem::take(&mut self.values);
        let size = values.len();
        let flat = Tensor::<1>::from_data(TensorData::new(values, [size]), device.burn());
        let learner = view(&flat, learner);
        let result = work(&learner);
        drop(learner);
        self.values = flat.into_data().try_into_vec::<f32>().expect("parameters are f32");
        result
    }

    /// Name and shape of each parameter, in order; the names are paths through the module.
    pub fn layout<L: Module>(learner: &L) -> Vec<(String, Vec<usize>)> {
        let mut namer = Namer { path: Vec::new(), layout: Vec::new() };
        learner.visit(&mut namer);
        namer.layout
    }
}

/// Loss and gradient of `learner` at its own parameters on one batch, whose rows have these labels; computed
/// on the calling thread.
pub fn gradient<L: Learner>(
    learner: &L,
    batch: &BatchOf<L>,
    labels: &[u32],
    mode: &mut Mode,
) -> (f32, Tangent) {
    // Leaves that belong to this pass alone: Burn joins the graphs of passes that share a node, and locks
    // them.
    let learner = learner.clone().map(&mut Leaves);
    let loss = learner.loss(batch, labels, mode);
    let gradients = loss.backward();
    let mut collector = Collector { gradients, pieces: Vec::new() };
    learner.visit(&mut collector);
    (loss.into_scalar::<f32>(), Tangent::new(collector.pieces))
}

struct Reader {
    values: Vec<f32>,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        append(param.val(), &mut self.values);
    }
}

struct Collector {
    gradients: Gradients,
    pieces: Vec<Vec<f32>>,
}

impl ModuleVisitor for Collector {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        self.pieces.push(match value.grad_remove(&mut self.gradients) {
            Some(gradient) => gradient.into_data().try_into_vec::<f32>().expect("gradients are f32"),
            // The loss does not depend on the parameter.
            None => vec![0.0; value.shape().num_elements()],
        });
    }
}

fn append<const D: usize>(tensor: Tensor<D>, values: &mut Vec<f32>) {
    let data = tensor.into_data();
    values.extend_from_slice(data.as_slice::<f32>().expect("parameters are f32"));
}

/// `learner` with the values of `flat`, one view for each parameter.
fn view<L: Module>(flat: &Tensor<1>, learner: &L) -> L {
    let mut viewer = Viewer { flat, start: 0 };
    let learner = learner.clone().map(&mut viewer);
    assert_eq!(viewer.start, flat.dims()[0], "one value for each parameter");
    learner
}

struct Viewer<'a> {
    flat: &'a Tensor<1>,
    start: usize,
}

impl ModuleMapper for Viewer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, _) = param.consume();
        let shape = value.shape();
        let end = self.start + shape.num_elements();
        let view = self.flat.clone().slice([self.start..end]).reshape(shape);
        self.start = end;
        Param::initialized(id, view)
    }
}

/// Makes leaves of an autodiff graph; values are shared, not copied.
struct Leaves;

impl ModuleMapper for Leaves {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, _) = param.consume();
        Param::initialized(id, value.inner().autodiff().require_grad())
    }
}

struct Namer {
    path: Vec<String>,
    layout: Vec<(String, Vec<usize>)>,
}

impl ModuleVisitor for Namer {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.layout.push((self.path.join("."), param.val().dims().to_vec()));
    }
}
