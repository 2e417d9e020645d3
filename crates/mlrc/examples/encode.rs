//! How fast an encoder computes the vectors of a file's sentences, as one line of JSON; for `bench/encoder/speed.py`.
//!
//!     cargo run --release --example encode -- ENCODER DATA BLOCK [THREADS [int8]]

use std::path::Path;
use std::time::Instant;

use mlrc::corpus::Corpus;
use mlrc::resources::{Encoder, Rounding};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [encoder, data, block, options @ ..] = &arguments[..] else {
        return Err("usage: encode ENCODER DATA BLOCK [THREADS [int8]]".into());
    };
    let threads: usize = options.first().map_or(Ok(0), |threads| threads.parse())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let rounding = if options.len() > 1 { Rounding::Int8 } else { Rounding::Half };
    let corpus = Corpus::open(data)?;
    let sentences: Vec<&[String]> = corpus.instances.iter().map(|instance| &instance.tokens[..]).collect();
    let encoder = Encoder::read(Path::new(encoder), rounding)?;
    let vectors = encoder.vectors(&[block.parse()?])?;
    // The first pass takes memory.
    vectors.of(&sentences[..sentences.len().min(50)]);
    let started = Instant::now();
    let computed = vectors.of(&sentences);
    let seconds = started.elapsed().as_secs_f64();
    let tokens: usize = computed.iter().map(mlrc::resources::SentenceVectors::tokens).sum();
    println!(
        "{{\"sentences\": {}, \"tokens\": {tokens}, \"seconds\": {seconds:.4}, \"milliseconds_per_sentence\": {:.4}}}",
        sentences.len(),
        1000.0 * seconds / sentences.len() as f64
    );
    Ok(())
}
