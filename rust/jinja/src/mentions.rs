//! Which statements of a template can know of a name.

use crate::program::{Name, Stmt};

/// The names that the statements of a template's own level mention.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    statements: Vec<Vec<Name>>,
    /// What the macros among them mention: it counts where the macro itself is mentioned.
    macros: Vec<(Name, Vec<Name>)>,
}

impl Mentions {
    /// Adds the next statement with all names in it.
    pub(super) fn add(&mut self, statement: &Stmt, names: Vec<Name>) {
        if let Stmt::Macro(node) = statement {
            self.macros.push((node.name, names));
            self.statements.push(Vec::new());
        } else {
            self.statements.push(names);
        }
    }

    /// How many statements come before the first that can know of one of `names`.
    pub(super) fn before(&self, names: &[Name]) -> usize {
        let mut known = names.to_vec();
        // A macro that mentions one of them stands for it, and so on.
        loop {
            let stands = |(name, mentioned): &&(Name, Vec<Name>)| {
                !known.contains(name) && mentioned.iter().any(|name| known.contains(name))
            };
            let Some((name, _)) = self.macros.iter().find(stands) else { break };
            known.push(*name);
        }
        let knows = |mentioned: &Vec<Name>| mentioned.iter().any(|name| known.contains(name));
        self.statements.iter().position(knows).unwrap_or(self.statements.len())
    }
}
