//! Times a learner on a corpus; one JSON line for each measurement, with the names that `bench/pytorch/step.py` uses.
//!
//! `measure --train TRAIN.json --vectors VECTORS.txt [--steps N] [--warmup N] [--threads N] [--batches 1,8,50]
//! [--learner pa-lstm|c-gcn|gcn|fcm]`:
//! without `--batches` the work that `bench/compare.py` puts side by side with PyTorch, and the greatest rate of matrix
//! products that the machine reaches; with it training steps and predictions of these sizes. Batches are built inside
//! the times.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use mlrc::corpus::Corpus;
use mlrc::device::Device;
use mlrc::learner::LearnerConfig;
use mlrc::meta::{Meta, Tasks};
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, Prepared, Recipe, RunOptions};
use mlrc::training::{Supervised, SupervisedOptions};
use mlrc_kernels::matrix::{Matrix, Write, multiply};
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can be asked for.
const NAMES: [&str; 7] =
    ["--train", "--vectors", "--steps", "--warmup", "--threads", "--batches", "--learner"];
/// A budget that no measurement exhausts.
const ENDLESS: usize = 1 << 24;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given: HashMap<&str, &str> =
        arguments.chunks_exact(2).map(|pair| (&pair[0][..], &pair[1][..])).collect();
    if arguments.len() % 2 == 1 || given.keys().any(|name| !NAMES.contains(name)) {
        return Err(format!("expected pairs of {NAMES:?} and a value").into());
    }
    let number = |name, default| given.get(name).map_or(Ok(default), |value| value.parse());
    let (steps, warmup) = (number("--steps", 50)?, number("--warmup", 5)?);
    rayon::ThreadPoolBuilder::new().num_threads(number("--threads", 0)?).build_global()?;
    let path =
        |name: &str| given.get(name).ok_or(format!("{name} FILE is missing; see the top of measure.rs"));
    let corpus = Corpus::open(path("--train")?)?;
    let (vectors, _) = Vectors::read(path("--vectors")?.as_ref())?;
    let learner = LearnerConfig::named(given.get("--learner").copied().unwrap_or("pa-lstm"))?;
    let Recipe { learner, meta, supervised, .. } = Recipe::for_learner(learner);
    let options = RunOptions { arm: Arm::Supervised, learner, ..RunOptions::default() };
    let resources = Resources::of_vectors(vectors);
    let data = Prepared::new(&options, &corpus, None, &resources, None, Device::Cpu)?;
    let start = data.model.start();
    let instances = data.train.labels().len();
    let tokens = corpus.instances.iter().map(|instance| instance.tokens.len()).sum::<usize>() as f64
        / instances as f64;

    let measure = |name: String, sentences: usize, work: &mut dyn FnMut()| {
        let mut times: Vec<f64> = (0..warmup + steps)
            .map(|_| {
                let begin = Instant::now();
                work();
                1000.0 * begin.elapsed().as_secs_f64()
            })
            .skip(warmup)
            .collect();
        times.sort_by(f64::total_cmp);
        let line = json!({
            "measure": name, "median_ms": times[times.len() / 2], "min_ms": times[0], "max_ms": times.last(),
            "steps": steps, "sentences": sentences, "mean_tokens": tokens, "threads": rayon::current_num_threads(),
        });
        println!("{line}");
    };
    let train_step = |size: usize| {
        let options = SupervisedOptions { batch_size: size, epochs: ENDLESS, ..supervised.clone() };
        let mut training = Supervised::new(options, 1, instances, start.clone());
        measure(format!("train_step_{size}"), size, &mut || {
            training.step(&*data.train);
        });
    };
    let prediction = |size: usize| {
        let read = |batch: &[mlrc::corpus::Instance]| {
            data.model.read(&batch.iter().collect::<Vec<_>>()).expect("training has read them")
        };
        let batches: Vec<_> = corpus.instances.chunks_exact(size).take(steps + warmup).map(read).collect();
        let mut batches = batches.iter().cycle();
        measure(format!("predict_{size}"), size, &mut || {
            batches.next().expect("as many sentences as a batch has").probabilities(&start);
        });
    };
    if let Some(sizes) = given.get("--batches") {
        for size in sizes.split(',').map(str::parse) {
            let size = size?;
            train_step(size);
            prediction(size);
        }
        return Ok(());
    }
    measure("matrix_product_1024".into(), 0, &mut products(1024));
    train_step(50);
    train_step(8);
    let tasks = Tasks::new(data.train.labels());
    let mut meta = Meta::new(meta, 1, start.clone());
    measure("meta_iteration_5x8x1".into(), 40, &mut || {
        meta.step(&*data.train, &tasks);
    });
    prediction(100);
    Ok(())
}

/// One product of `size` × `size` matrices on each thread at once.
fn products(size: usize) -> impl FnMut() {
    let matrix: Vec<f32> = (0..size * size).map(|place| (place % 7) as f32 - 3.0).collect();
    let products: Vec<Mutex<Vec<f32>>> =
        (0..rayon::current_num_threads()).map(|_| Mutex::new(vec![0.0; size * size])).collect();
    move || {
        rayon::broadcast(|thread| {
            let factor = Matrix::new(&matrix, size, size);
            let mut product = products[thread.index()].lock().expect("no thread panics");
            multiply(&mut product, factor, factor, Write::Replace);
        });
    }
}
