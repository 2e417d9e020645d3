// The setting of the documentation's examples: a folder with generated data under the names that they use.

/// Creates a folder with `train.jsonl`, `test.jsonl` and `glove.6B.50d.txt` and makes it the current one; it
/// is removed on drop.
#[allow(dead_code)]
fn enter_data_folder() -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    use std::io::Write as _;

    use mlrc::corpus::write_jsonl;
    use mlrc::synthesis::{Synthesis, SynthesisOptions};

    let folder = tempfile::tempdir()?;
    for (name, seed, instances) in [("train.jsonl", 1, 150), ("test.jsonl", 2, 60)] {
        let options =
            SynthesisOptions { seed, instances, labels: 5, difficulty: 0.2, ..SynthesisOptions::default() };
        let synthesis = Synthesis::new(options)?;
        let instances: Vec<_> = synthesis.instances().collect();
        write_jsonl(&instances, std::fs::File::create(folder.path().join(name))?)?;
        let mut vectors = std::fs::File::create(folder.path().join("glove.6B.50d.txt"))?;
        for (word, values) in synthesis.vectors(20) {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            writeln!(vectors, "{word} {}", values.join(" "))?;
        }
    }
    std::env::set_current_dir(folder.path())?;
    Ok(folder)
}

/// The same, with a trained `model`.
#[allow(dead_code)]
fn enter_model_folder() -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    use mlrc::RelationClassifier;
    use mlrc::corpus::Corpus;
    use mlrc::run::Recipe;

    let folder = enter_data_folder()?;
    let training = RelationClassifier::train(&Recipe::learner("fcm")?).vectors("glove.6B.50d.txt");
    training.fit(&Corpus::open("train.jsonl")?)?.save("model", Default::default())?;
    Ok(folder)
}
