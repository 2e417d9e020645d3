//! The bits of trained parameters, recorded before the library was laid out anew: short runs of every learner and arm end where
//! they ended then, whatever the code between flags and parameters looks like.
//!
//! Bits depend on the width of the processor's vectors, so the exact hashes hold with AVX-512, where they were recorded. Elsewhere the
//! length of the parameter vector is compared, which rounding moves in its last digits only.
//! `MLRC_RECORD=1 cargo test --test bits -- --nocapture` prints the table of this machine.

mod common;

use common::{Place, text};
use safetensors::SafeTensors;

/// Runs, by what their command line says beyond the data.
const RUNS: [(&str, &str); 16] = [
    ("pa-lstm supervised", "--learner pa-lstm --arm supervised"),
    ("pa-lstm supervised-matched", "--learner pa-lstm --arm supervised-matched"),
    ("pa-lstm mlrc", "--learner pa-lstm --arm mlrc"),
    ("pa-lstm joint", "--learner pa-lstm --arm joint"),
    ("c-gcn supervised", "--learner c-gcn --inner-learning-rate 0.5 --arm supervised"),
    ("c-gcn supervised-matched", "--learner c-gcn --inner-learning-rate 0.5 --arm supervised-matched"),
    ("c-gcn mlrc", "--learner c-gcn --inner-learning-rate 0.5 --arm mlrc"),
    ("c-gcn joint", "--learner c-gcn --inner-learning-rate 0.5 --arm joint"),
    (
        "gcn original pooling",
        "--learner gcn --inner-learning-rate 0.5 --arm mlrc --original-pooling --prune-k -1",
    ),
    ("fcm supervised", "--learner fcm --arm supervised --order balanced"),
    ("fcm supervised-matched", "--learner fcm --arm supervised-matched"),
    ("fcm mlrc", "--learner fcm --arm mlrc"),
    ("fcm joint", "--learner fcm --arm joint"),
    (
        "masked, train vocabulary",
        "--learner pa-lstm --arm mlrc --masking on --vocabulary train --dev-size 30",
    ),
    (
        "episodes, AdaGrad carried",
        "--learner pa-lstm --arm mlrc --meta-way 2 --inner-optimiser ada-grad --inner-state carried \
         --inner-learning-rate 0.05 --optimiser ada-grad --learning-rate 0.05",
    ),
    (
        "fraction, by size",
        "--learner c-gcn --inner-learning-rate 0.5 --arm mlrc --fraction 0.5 --seed 7 --task-sampling by-size --step-schedule constant",
    ),
];

/// What the runs ended with on a processor with AVX-512: hash and length of the parameters, hash of the scores on test data.
#[expect(clippy::unreadable_literal, reason = "as printed")]
const AVX_512: [(&str, f64, &str); RUNS.len()] = [
    ("3d747106528a2ef1", 49.64161325236126, "107e2450436a1c93"), // pa-lstm supervised
    ("9601ca997bd6cd85", 49.64725641757181, "25e92197ec27727a"), // pa-lstm supervised-matched
    ("1effbd2511801ca5", 49.650053508470464, "107e2450436a1c93"), // pa-lstm mlrc
    ("6aa35e29d21c629a", 49.64202872287689, "107e2450436a1c93"), // pa-lstm joint
    ("fe11d18db4f5ea18", 33.73012616983393, "107e2450436a1c93"), // c-gcn supervised
    ("f79ac0f198badb3a", 33.729958821953964, "fb22c8b23d0d2b68"), // c-gcn supervised-matched
    ("0f9d46e1543c870a", 33.73844465457301, "107e2450436a1c93"), // c-gcn mlrc
    ("0523ca5526717a9e", 33.729769891258194, "107e2450436a1c93"), // c-gcn joint
    ("8efe3360bee6963a", 30.127835223083192, "107e2450436a1c93"), // gcn original pooling
    ("95b382a318d24314", 0.2788899193112485, "5cb707a837182d5a"), // fcm supervised
    ("5de0a8d5c21fd17b", 0.4583837000229638, "2ece9c25e93f31b5"), // fcm supervised-matched
    ("81cf6bce771b7f1d", 0.35986273275420705, "fdcdbcc159a70550"), // fcm mlrc
    ("6dc3253dd96a9320", 0.3632347026348135, "f2d12a900730b93c"), // fcm joint
    ("42adb721dcd70b35", 49.65351522754249, "107e2450436a1c93"), // masked, train vocabulary
    ("47729c90d35a3969", 49.64121704333946, "f5479404140f162a"), // episodes, AdaGrad carried
    ("fa44848bba87788d", 35.20031960565318, "869a5ec7fedac6bc"), // fraction, by size
];

const COMMON: &str = "train --train train.jsonl --vectors v.txt --epochs 2 --batch-size 20 --meta-iterations 4 --meta-relations 3 \
                      --meta-instances 9 --inner-steps 2 --threads 2 --quiet";

fn hash(bytes: &[u8]) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes))
}

/// Hash and length of the trained parameters of a model folder, in the order of their names.
fn parameters(place: &Place, model: &str) -> (String, f64) {
    let bytes = std::fs::read(place.path(model).join("parameters.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<&str> = tensors.names().into_iter().filter(|name| *name != "special_words").collect();
    names.sort_unstable();
    let values: Vec<u8> =
        names.iter().flat_map(|name| tensors.tensor(name).unwrap().data().to_vec()).collect();
    let squares = values.as_chunks().0.iter().map(|&value| f64::from(f32::from_le_bytes(value)).powi(2));
    (hash(&values), squares.sum::<f64>().sqrt())
}

/// Hash of the scores on test data; what `evaluate --json` says behind them came after these were recorded.
fn scores(place: &Place, model: &str) -> String {
    let output = place.run(&format!("evaluate {model} test.jsonl --json"));
    let report = text(&output.stdout);
    let (scores, _) = report.split_once(",\n  \"majority\"").unwrap();
    hash(format!("{scores}\n}}\n").as_bytes())
}

#[test]
fn short_runs_end_with_the_bits_that_were_recorded() {
    let place = Place::empty();
    let common = "--labels 5 --difficulty 0.4 --format jsonl";
    place.succeeds(&format!(
        "synth --instances 120 {common} --out train.jsonl --vectors v.txt --dimension 12"
    ));
    place.succeeds(&format!("synth --instances 60 {common} --out test.jsonl --seed 2"));
    let machine = mlrc_kernels::Cpu::native().name();
    let exact = machine == "AVX-512";
    if !exact {
        eprintln!("no bits were recorded with {machine}: comparing lengths only");
    }
    for (number, (name, flags)) in RUNS.iter().enumerate() {
        let size = if flags.contains("fcm") { "" } else { "--hidden 12" };
        let model = format!("model-{number}");
        place.succeeds(&format!("{COMMON} {size} {flags} --out {model}"));
        let (bits, length) = parameters(&place, &model);
        let scores = scores(&place, &model);
        if std::env::var_os("MLRC_RECORD").is_some() {
            println!("    (\"{bits}\", {length:?}, \"{scores}\"), // {name}");
            continue;
        }
        let (expected_bits, expected, expected_scores) = AVX_512[number];
        if exact {
            assert_eq!((&bits[..], &scores[..]), (expected_bits, expected_scores), "{name}");
        }
        assert!((length - expected).abs() < 1e-4 * expected, "{name}: length {length}, expected {expected}");
    }
}
