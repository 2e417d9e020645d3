//! `--emit slurm`: an experiment as a job array.

use std::path::Path;

use mlrc_experiment::Plan;

use super::Files;

/// Bytes of memory for the program itself. This and what follows was measured with files of TACRED's size and
/// vectors of 500 MB (docs/PERFORMANCE.md).
const PROGRAM: u64 = 1 << 29;
/// Bytes of memory per byte of data.
const DATA: u64 = 7;
/// Bytes of memory per byte of a vectors' text file, at most: when it is read for the first time.
const VECTORS: u64 = 2;
/// Bytes of text per byte of gzip.
const PACKED: u64 = 3;
/// GiB that are requested at least.
const LEAST: u64 = 2;

/// A SLURM job array with a task for each job.
pub fn script(recipe: &str, out: &Path, files: &Files, dev_size: Option<usize>, jobs: usize) -> String {
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "'\\''"));
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let named = [
        ("train", Some(&files.train)),
        ("dev", files.dev.as_ref()),
        ("test", files.test.as_ref()),
        ("vectors", files.vectors.as_ref()),
    ];
    let data: String = named
        .into_iter()
        .filter_map(|(flag, file)| Some(format!(" \\\n    --{flag} {}", quoted(&absolute(file?)))))
        .collect();
    let dev_size = dev_size.map_or_else(String::new, |size| format!(" --dev-size {size}"));
    let skip_bad = if files.skip_bad { " --skip-bad" } else { "" };
    let shipped = Plan::SHIPPED.iter().any(|(name, _)| *name == recipe);
    let recipe = Path::new(recipe);
    let recipe = quoted(&if shipped { recipe.to_owned() } else { absolute(recipe) });
    let command =
        format!("mlrc experiment {recipe} --out {}{data}{dev_size}{skip_bad}", quoted(&absolute(out)));
    format!(
        "#!/bin/bash\n\
         #SBATCH --job-name=mlrc\n\
         #SBATCH --array=1-{jobs}\n\
         #SBATCH --cpus-per-task=1\n\
         #SBATCH --mem={}G\n\
         # One task per job; all write to one folder. When they are done, the same command without --job\n\
         # writes the tables. If tasks cannot share a folder, give each its own --out and merge the folders\n\
         # with --collect.\n\
         {command} \\\n    --threads \"$SLURM_CPUS_PER_TASK\" --job \"$SLURM_ARRAY_TASK_ID\"\n",
        memory(files)
    )
}

/// Bytes of a file, or of the files of an encoder's folder.
fn size(path: &Path) -> u64 {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| length(&entry.path())).sum(),
        Err(_) => length(path),
    }
}

/// GiB that a task may need.
fn memory(files: &Files) -> u64 {
    let packed = |path: &Path| if path.extension().is_some_and(|end| end == "gz") { PACKED } else { 1 };
    let data: u64 = files.data().map(|path| size(path)).sum();
    let vectors = files.vectors.as_ref().map_or(0, |path| size(path) * packed(path));
    (PROGRAM + DATA * data + VECTORS * vectors).div_ceil(1 << 30).max(LEAST)
}
