//! The text that SemEval's official scorer prints, byte for byte.

use std::fmt::{self, Display, Formatter};

use super::scores::{Rates, RelationScore, ratio};
use super::semeval::{Evaluation, OTHER, SemEvalResult, report_name};

impl Display for SemEvalResult {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (label, count) in &self.not_in_key {
            let label = report_name(label);
            writeln!(
                f,
                "!!!WARNING!!! The proposed file contains {count} label(s) of type '{label}', \
                 which is NOT present in the key file.\n"
            )?;
        }
        writeln!(f, "<<< (2*9+1)-WAY EVALUATION (USING DIRECTIONALITY)>>>:\n")?;
        self.directed.write(f, false)?;
        writeln!(f, "<<< (9+1)-WAY EVALUATION IGNORING DIRECTIONALITY >>>:\n")?;
        self.undirected.write(f, false)?;
        writeln!(f, "<<< (9+1)-WAY EVALUATION TAKING DIRECTIONALITY INTO ACCOUNT -- OFFICIAL >>>:\n")?;
        self.official.write(f, true)?;
        writeln!(
            f,
            "<<< The official score is (9+1)-way evaluation with directionality taken into account: \
             macro-averaged F1 = {:.2}% >>>",
            self.official.macro_scaled(100.0).f1
        )
    }
}

impl Evaluation {
    fn write(&self, f: &mut Formatter<'_>, directions: bool) -> fmt::Result {
        self.write_matrix(f, directions)?;
        self.write_accuracy(f)?;
        self.write_relations(f, directions)?;
        self.write_averages(f)
    }

    fn write_matrix(&self, f: &mut Formatter<'_>, directions: bool) -> fmt::Result {
        let rows = self.relations.len();
        let rule = "-----".repeat(self.classes.len());

        write!(f, "Confusion matrix:\n       ")?;
        for (index, class) in self.classes.iter().enumerate() {
            write!(f, " {:>4}", short_name(class, index < rows))?;
        }
        let margins = if directions { "-SUM- xDIRx skip  ACTUAL" } else { "-SUM- skip ACTUAL" };
        writeln!(f, " <-- classified as\n      +{rule}+ {margins}")?;

        for (row, class) in self.classes[..rows].iter().enumerate() {
            write!(f, " {:>4} |", short_name(class, true))?;
            for count in &self.confusion[row] {
                write!(f, "{count:4} ")?;
            }
            let (wrong, skipped, actual) =
                (self.wrong_direction[row], self.skipped[row], self.relations[row].support);
            write!(f, "| ")?;
            write_margins(f, directions, self.answered_of(row), wrong, skipped, actual)?;
        }

        write!(f, "      +{rule}+\n -SUM- ")?;
        for class in 0..self.classes.len() {
            write!(f, "{:4} ", self.proposed(class))?;
        }
        let wrong = self.wrong_direction.iter().sum::<usize>();
        let (answered, instances) = (self.answered(), self.instances());
        write!(f, "  ")?;
        write_margins(f, directions, answered - wrong, wrong, instances - answered, instances)?;
        writeln!(f)
    }

    fn write_accuracy(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (answered, instances, correct) = (self.answered(), self.instances(), self.correct());
        let with_other = correct + self.other_skipped();
        let accuracy = self.accuracy_scaled(100.0);
        for (name, part, whole, percent) in [
            ("Coverage", answered, instances, ratio(100.0, answered, instances)),
            ("Accuracy (calculated for the above confusion matrix)", correct, answered, accuracy.answered),
            (
                "Accuracy (considering all skipped examples as Wrong)",
                correct,
                instances,
                accuracy.skipped_wrong,
            ),
            (
                "Accuracy (considering all skipped examples as Other)",
                with_other,
                instances,
                accuracy.skipped_other,
            ),
        ] {
            writeln!(f, "{name} = {part}/{whole} = {percent:5.2}%")?;
        }
        Ok(())
    }

    fn write_relations(&self, f: &mut Formatter<'_>, directions: bool) -> fmt::Result {
        writeln!(f, "\nResults for the individual relations:")?;
        for (relation, &wrong) in self.relations.iter().zip(&self.wrong_direction) {
            let RelationScore { relation, support, predicted, correct, .. } = relation;
            let rates = Rates::scaled(100.0, *correct, *predicted, *support);
            write!(f, "{:>25} :    P = {correct:4}/", report_name(relation))?;
            if directions {
                write!(f, "({:4} +{wrong:4})", predicted - wrong)?;
            } else {
                write!(f, "{predicted:4}")?;
            }
            writeln!(
                f,
                " = {:6.2}%     R = {correct:4}/{support:4} = {:6.2}%     F1 = {:6.2}%",
                rates.precision, rates.recall, rates.f1
            )?;
        }
        Ok(())
    }

    fn write_averages(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (correct, predicted, support) = self.totals();
        let Rates { precision, recall, f1 } = self.micro_scaled(100.0);
        writeln!(f, "\nMicro-averaged result (excluding Other):")?;
        writeln!(
            f,
            "P = {correct:4}/{predicted:4} = {precision:6.2}%     R = {correct:4}/{support:4} = {recall:6.2}%     \
             F1 = {f1:6.2}%"
        )?;
        let Rates { precision, recall, f1 } = self.macro_scaled(100.0);
        writeln!(f, "\nMACRO-averaged result (excluding Other):")?;
        writeln!(f, "P = {precision:6.2}%\tR = {recall:6.2}%\tF1 = {f1:6.2}%\n\n\n")
    }
}

fn write_margins(
    f: &mut Formatter<'_>,
    directions: bool,
    sum: usize,
    wrong: usize,
    skipped: usize,
    actual: usize,
) -> fmt::Result {
    if directions {
        writeln!(f, "{sum:4}  {wrong:4}  {skipped:4} {actual:6}")
    } else {
        writeln!(f, "{sum:4} {skipped:4} {actual:4}")
    }
}

/// `C-E1` for `Cause-Effect(e1,e2)`; `*CE1` if the key has no such label. Names without a hyphen, which do
/// not occur in the task, are truncated.
fn short_name(class: &str, in_key: bool) -> String {
    if class == OTHER {
        return "_O_".to_owned();
    }
    let first = class.chars().next().map(String::from).unwrap_or_default();
    let after_hyphen = class.split_once('-').and_then(|(_, rest)| rest.chars().next());
    let mut name = match (after_hyphen, in_key) {
        (Some(second), true) => format!("{first}-{second}"),
        (Some(second), false) => format!("*{first}{second}"),
        (None, true) => class.chars().take(3).collect(),
        (None, false) => class.chars().take(2).fold("*".to_owned(), |name, char| name + &char.to_string()),
    };
    if class.ends_with("(e1,e2)") {
        name.push('1');
    } else if class.ends_with("(e2,e1)") {
        name.push('2');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn short_names_fit_the_columns() {
        for (class, in_key, expected) in [
            ("Cause-Effect(e1,e2)", true, "C-E1"),
            ("Cause-Effect(e2,e1)", false, "*CE2"),
            ("Cause-Effect", true, "C-E"),
            ("Cause-Effect", false, "*CE"),
            ("Other", false, "_O_"),
            ("causes(e2,e1)", true, "cau2"),
            ("causes", false, "*ca"),
        ] {
            assert_eq!(short_name(class, in_key), expected);
        }
    }
}
