//! The one door to `minijinja`, whose lexer and parser read the templates. Its evaluator is not used:
//! it knows no owners of text, and its values are not Python's.

use minijinja::machinery::{ast, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value as Literal, ValueKind};

use crate::filters::Filter;
use crate::mentions::Mentions;
use crate::program::{
    Arguments, CallNode, CallTarget, Comparison, Expr, ForNode, GENERATION_PROMPT, IfNode, MacroNode, Name,
    Names, Operator, Program, SliceNode, Stmt, THINKING, Target,
};
use crate::source::{GENERATION, prepare};
use crate::tests::Test;

/// Why a source is no template that this engine runs.
pub(crate) type Result<T, E = String> = std::result::Result<T, E>;

/// Compiles a template, with blocks and lines trimmed as transformers has it.
pub fn compile(source: &str) -> Result<Program> {
    let source = prepare(source);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| error.to_string())?;
    let tree = parse(&source, "chat template", syntax).map_err(|error| {
        let line = error.line().map_or(String::new(), |line| format!(" (line {line})"));
        format!("{}{line}", error.detail().unwrap_or("it cannot be parsed"))
    })?;
    let ast::Stmt::Template(template) = tree else {
        return Err("it has no template body".into());
    };
    let mut compiler = Compiler::default();
    let mut mentions = Mentions::default();
    let mut body = Vec::with_capacity(template.children.len());
    for child in &template.children {
        let (read, assigned) = (compiler.read.len(), compiler.assigned.len());
        let statement = compiler.statement(child)?;
        let names = compiler.read[read..].iter().chain(&compiler.assigned[assigned..]).copied();
        mentions.add(&statement, names.collect());
        body.push(statement);
    }
    let modes: Vec<Name> =
        [GENERATION_PROMPT].iter().chain(&THINKING).filter_map(|name| compiler.names.find(name)).collect();
    let loop_name = compiler.names.number("loop");
    Ok(Program { before_modes: mentions.before(&modes), names: compiler.names, loop_name, body })
}

#[derive(Default)]
struct Compiler {
    names: Names,
    /// Every name read so far, to see which special names a macro's body reads.
    read: Vec<Name>,
    /// Every name that was assigned to so far.
    assigned: Vec<Name>,
}

impl Compiler {
    fn body(&mut self, statements: &[ast::Stmt<'_>]) -> Result<Vec<Stmt>> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, statement: &ast::Stmt<'_>) -> Result<Stmt> {
        Ok(match statement {
            ast::Stmt::EmitRaw(raw) => Stmt::Raw(raw.raw.into()),
            ast::Stmt::EmitExpr(print) => Stmt::Print(self.expr(&print.expr)?),
            ast::Stmt::IfCond(choice) => Stmt::If {
                test: self.expr(&choice.expr)?,
                yes: self.body(&choice.true_body)?,
                no: self.body(&choice.false_body)?,
            },
            ast::Stmt::ForLoop(run) => {
                if run.recursive {
                    return Err("recursive loops are not supported".into());
                }
                Stmt::For(Box::new(ForNode {
                    values: self.expr(&run.iter)?,
                    target: self.target(&run.target)?,
                    condition: run.filter_expr.as_ref().map(|expr| self.expr(expr)).transpose()?,
                    body: self.body(&run.body)?,
                    otherwise: self.body(&run.else_body)?,
                }))
            }
            ast::Stmt::WithBlock(with) => self.with(with)?,
            ast::Stmt::Set(set) => Stmt::Set(self.target(&set.target)?, self.expr(&set.expr)?),
            ast::Stmt::SetBlock(set) => Stmt::SetBlock {
                target: self.target(&set.target)?,
                filter: set.filter.as_ref().map(|expr| self.expr(expr)).transpose()?,
                body: self.body(&set.body)?,
            },
            ast::Stmt::FilterBlock(block) => {
                Stmt::FilterBlock { filter: self.expr(&block.filter)?, body: self.body(&block.body)? }
            }
            ast::Stmt::Macro(node) => Stmt::Macro(Box::new(self.macro_node(node)?)),
            ast::Stmt::CallBlock(block) => Stmt::CallBlock {
                call: self.call(&block.call)?,
                caller: Box::new(self.macro_node(&block.macro_decl)?),
            },
            ast::Stmt::Break(_) => Stmt::Break,
            ast::Stmt::Continue(_) => Stmt::Continue,
            ast::Stmt::Do(_) => return Err("the tag `do` is unknown".into()),
            ast::Stmt::AutoEscape(_) => return Err("the tag `autoescape` is not supported".into()),
            ast::Stmt::Template(_) => return Err("a template inside a template".into()),
        })
    }

    fn with(&mut self, with: &ast::WithBlock<'_>) -> Result<Stmt> {
        if let [(ast::Expr::Var(name), _)] = with.assignments.as_slice()
            && name.id == GENERATION
        {
            return Ok(Stmt::Generation(self.body(&with.body)?));
        }
        let mut bindings = Vec::new();
        for (target, value) in &with.assignments {
            bindings.push((self.target(target)?, self.expr(value)?));
        }
        Ok(Stmt::With { bindings, body: self.body(&with.body)? })
    }

    fn macro_node(&mut self, node: &ast::Macro<'_>) -> Result<MacroNode> {
        let read_before = self.read.len();
        let mut parameters = Vec::new();
        for parameter in &node.args {
            match parameter {
                ast::Expr::Var(name) => parameters.push(self.names.number(name.id)),
                _ => return Err("a macro parameter is no name".into()),
            }
        }
        let defaults = node.defaults.iter().map(|expr| self.expr(expr)).collect::<Result<_>>()?;
        let body = self.body(&node.body)?;
        let mut uses = |special: &str| {
            let name = self.names.number(special);
            self.read[read_before..].contains(&name) && !parameters.contains(&name)
        };
        Ok(MacroNode {
            uses_varargs: uses("varargs"),
            uses_kwargs: uses("kwargs"),
            uses_caller: uses("caller"),
            name: self.names.number(node.name),
            parameters,
            defaults,
            body,
        })
    }

    fn assigned(&mut self, name: &str) -> Name {
        let name = self.names.number(name);
        self.assigned.push(name);
        name
    }

    fn target(&mut self, target: &ast::Expr<'_>) -> Result<Target> {
        let targets = match target {
            ast::Expr::Var(name) => return Ok(Target::Name(self.assigned(name.id))),
            ast::Expr::GetAttr(attribute) => match &attribute.expr {
                ast::Expr::Var(name) => {
                    return Ok(Target::Attribute(self.assigned(name.id), attribute.name.into()));
                }
                _ => return Err("only attributes of namespaces can be set".into()),
            },
            ast::Expr::List(list) => &list.items,
            ast::Expr::Tuple(tuple) => &tuple.items,
            _ => return Err("the target of an assignment is no name".into()),
        };
        Ok(Target::Tuple(targets.iter().map(|target| self.target(target)).collect::<Result<_>>()?))
    }

    fn boxed(&mut self, expr: &ast::Expr<'_>) -> Result<Box<Expr>> {
        Ok(Box::new(self.expr(expr)?))
    }

    fn optional(&mut self, expr: Option<&ast::Expr<'_>>) -> Result<Option<Expr>> {
        expr.map(|expr| self.expr(expr)).transpose()
    }

    fn all(&mut self, exprs: &[ast::Expr<'_>]) -> Result<Vec<Expr>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn expr(&mut self, expr: &ast::Expr<'_>) -> Result<Expr> {
        Ok(match expr {
            ast::Expr::Const(constant) => literal(&constant.value)?,
            ast::Expr::Var(name) => {
                let name = self.names.number(name.id);
                self.read.push(name);
                Expr::Var(name)
            }
            ast::Expr::List(list) => Expr::List(self.all(&list.items)?),
            ast::Expr::Tuple(tuple) => Expr::Tuple(self.all(&tuple.items)?),
            ast::Expr::Map(map) => {
                let keys = self.all(&map.keys)?;
                Expr::Dict(keys.into_iter().zip(self.all(&map.values)?).collect())
            }
            ast::Expr::GetAttr(attribute) => {
                Expr::Attribute(self.boxed(&attribute.expr)?, attribute_name(attribute.name)?)
            }
            ast::Expr::GetItem(subscript) => {
                Expr::Subscript(self.boxed(&subscript.expr)?, self.boxed(&subscript.subscript_expr)?)
            }
            ast::Expr::Slice(slice) => Expr::Slice(Box::new(SliceNode {
                value: self.expr(&slice.expr)?,
                start: self.optional(slice.start.as_ref())?,
                stop: self.optional(slice.stop.as_ref())?,
                step: self.optional(slice.step.as_ref())?,
            })),
            ast::Expr::UnaryOp(unary) => {
                let operand = self.boxed(&unary.expr)?;
                match unary.op {
                    ast::UnaryOpKind::Not => Expr::Not(operand),
                    ast::UnaryOpKind::Neg => Expr::Negative(operand),
                }
            }
            ast::Expr::BinOp(binary) => self.binary(binary)?,
            ast::Expr::Compare(chain) => {
                let first = self.boxed(&chain.expr)?;
                let mut others = Vec::new();
                for link in &chain.ops {
                    others.push((comparison(link.op), self.expr(&link.expr)?));
                }
                Expr::Compare(first, others)
            }
            ast::Expr::IfExpr(choice) => Expr::If(Box::new(IfNode {
                test: self.expr(&choice.test_expr)?,
                yes: self.expr(&choice.true_expr)?,
                no: self.optional(choice.false_expr.as_ref())?,
            })),
            ast::Expr::Filter(filter) => {
                let value = filter.expr.as_ref().map(|value| self.boxed(value)).transpose()?;
                let arguments = self.arguments(&filter.args)?;
                match Filter::named(filter.name) {
                    Some(which) => Expr::Filter(which, value, arguments),
                    None => unknown("filter", filter.name),
                }
            }
            ast::Expr::Test(test) => {
                let value = self.boxed(&test.expr)?;
                let arguments = self.arguments(&test.args)?;
                match Test::named(test.name) {
                    Some(which) => Expr::Test(which, value, arguments),
                    None => unknown("test", test.name),
                }
            }
            ast::Expr::Call(call) => Expr::Call(Box::new(self.call(call)?)),
        })
    }

    fn binary(&mut self, binary: &ast::BinOp<'_>) -> Result<Expr> {
        let left = self.boxed(&binary.left)?;
        let right = self.boxed(&binary.right)?;
        let operator = match binary.op {
            ast::BinOpKind::ScAnd => return Ok(Expr::And(left, right)),
            ast::BinOpKind::ScOr => return Ok(Expr::Or(left, right)),
            ast::BinOpKind::Eq => return Ok(Expr::Compare(left, vec![(Comparison::Equal, *right)])),
            ast::BinOpKind::Ne => return Ok(Expr::Compare(left, vec![(Comparison::NotEqual, *right)])),
            ast::BinOpKind::Lt => return Ok(Expr::Compare(left, vec![(Comparison::Less, *right)])),
            ast::BinOpKind::Lte => return Ok(Expr::Compare(left, vec![(Comparison::LessOrEqual, *right)])),
            ast::BinOpKind::Gt => return Ok(Expr::Compare(left, vec![(Comparison::Greater, *right)])),
            ast::BinOpKind::Gte => {
                return Ok(Expr::Compare(left, vec![(Comparison::GreaterOrEqual, *right)]));
            }
            ast::BinOpKind::In => return Ok(Expr::Compare(left, vec![(Comparison::In, *right)])),
            ast::BinOpKind::Add => Operator::Add,
            ast::BinOpKind::Sub => Operator::Subtract,
            ast::BinOpKind::Mul => Operator::Multiply,
            ast::BinOpKind::Div => Operator::Divide,
            ast::BinOpKind::FloorDiv => Operator::FloorDivide,
            ast::BinOpKind::Rem => Operator::Remainder,
            ast::BinOpKind::Pow => Operator::Power,
            ast::BinOpKind::Concat => Operator::Concat,
        };
        Ok(Expr::Binary(operator, left, right))
    }

    fn call(&mut self, call: &ast::Call<'_>) -> Result<CallNode> {
        let target = match &call.expr {
            ast::Expr::GetAttr(attribute) => {
                CallTarget::Method(self.expr(&attribute.expr)?, attribute_name(attribute.name)?)
            }
            other => CallTarget::Value(self.expr(other)?),
        };
        Ok(CallNode { target, arguments: self.arguments(&call.args)? })
    }

    fn arguments(&mut self, arguments: &[ast::CallArg<'_>]) -> Result<Arguments> {
        let mut compiled = Arguments::default();
        for argument in arguments {
            match argument {
                ast::CallArg::Pos(_) if compiled.splat.is_some() => {
                    return Err("an argument after `*` is not supported".into());
                }
                ast::CallArg::Pos(value) => compiled.positional.push(self.expr(value)?),
                ast::CallArg::Kwarg(name, value) => {
                    let value = self.expr(value)?;
                    compiled.named.push(((*name).into(), value));
                }
                ast::CallArg::PosSplat(values) => compiled.splat = Some(self.boxed(values)?),
                ast::CallArg::KwargSplat(values) => compiled.named_splat = Some(self.boxed(values)?),
            }
        }
        Ok(compiled)
    }
}

fn unknown(what: &str, name: &str) -> Expr {
    Expr::Unknown(format!("no {what} is called `{name}`").into())
}

/// Names that begin with an underscore lead into Python's insides; Jinja's sandbox refuses them.
fn attribute_name(name: &str) -> Result<Box<str>> {
    if name.starts_with('_') {
        return Err(format!("access to the attribute `{name}` is unsafe"));
    }
    Ok(name.into())
}

fn comparison(kind: ast::CompareOpKind) -> Comparison {
    match kind {
        ast::CompareOpKind::Eq => Comparison::Equal,
        ast::CompareOpKind::Ne => Comparison::NotEqual,
        ast::CompareOpKind::Lt => Comparison::Less,
        ast::CompareOpKind::Lte => Comparison::LessOrEqual,
        ast::CompareOpKind::Gt => Comparison::Greater,
        ast::CompareOpKind::Gte => Comparison::GreaterOrEqual,
        ast::CompareOpKind::In => Comparison::In,
        ast::CompareOpKind::NotIn => Comparison::NotIn,
    }
}

fn literal(value: &Literal) -> Result<Expr> {
    Ok(match value.kind() {
        ValueKind::Undefined => Expr::Undefined,
        ValueKind::None => Expr::None,
        ValueKind::Bool => Expr::Bool(value.is_true()),
        ValueKind::String => Expr::Text(value.as_str().unwrap_or_default().into()),
        ValueKind::Number if value.is_integer() => {
            Expr::Int(i64::try_from(value.clone()).map_err(|_| "an integer is too large")?)
        }
        ValueKind::Number => Expr::Float(f64::try_from(value.clone()).map_err(|error| error.to_string())?),
        other => return Err(format!("a literal of type {other} is not supported")),
    })
}
