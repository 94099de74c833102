//! What is otherwise accepted and noted, in a check that is strict.

use super::Cases;
use crate::deviations::deviations;

pub(super) fn write(cases: &mut Cases) {
    for deviation in deviations() {
        let mut check = deviation.check.clone();
        check.insert_str(1, r#""strict":true,"#);
        let rule = format!("strict: {}", deviation.rule);
        cases.push(deviation.step.into(), deviation.code, &rule, check);
    }
}
