//! Reads the layers of the configuration and says, by full name, what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use figment::Figment;
use figment::error::{Error, Kind};
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Value};

use super::Settings;
use super::keys::{self, Shape};

/// The compiled-in layer.
const DEFAULTS: &str = include_str!("../../config.default.toml");

/// What starts every variable that is a setting.
const PREFIX: &str = "TREFOIL__";

/// Why the configuration cannot be used: one sentence for each problem, all of them at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid(pub Vec<String>);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for problem in &self.0 {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}

/// Settings with the place each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the gateway runs with.
    pub settings: Settings,
    effective: BTreeMap<String, Value>,
    origins: BTreeMap<String, String>,
}

impl Loaded {
    /// Reads the defaults, the file and this process's environment.
    pub fn read(file: Option<&Path>) -> Result<Self, Invalid> {
        let text = file
            .map(|path| {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Invalid(vec![format!("{} cannot be read: {error}", path.display())])
                })?;
                Ok((path.display().to_string(), text))
            })
            .transpose()?;
        let file = text
            .as_ref()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::from_layers(file, environment)
    }

    /// The defaults, then a file (its name and text), then variables.
    pub fn from_layers(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Invalid> {
        let mut problems = Vec::new();
        let mut origins = BTreeMap::new();
        let mut layers = Vec::new();
        if let Some((name, text)) = file {
            let mut layer = Layer::new(name);
            match parsed(text) {
                Ok(dict) => layer.walk("", dict),
                Err(problem) => layer.problems.push(format!("{name}: {problem}")),
            }
            layers.push(layer);
        }
        layers.push(Layer::of_environment(environment));

        let mut defaults = parsed(DEFAULTS).map_err(|problem| Invalid(vec![problem]))?;
        for section in keys::OPTIONAL {
            let start = format!("{section}.");
            let named = layers
                .iter()
                .any(|layer| layer.origins.keys().any(|path| path.starts_with(&start)));
            if !named {
                remove(&mut defaults, section);
            }
        }
        let mut first = Layer::new("default");
        first.walk("", defaults);
        let mut figment = Figment::from(Serialized::defaults(first.dict));
        origins.extend(first.origins);
        for layer in layers {
            problems.extend(layer.problems);
            origins.extend(layer.origins);
            figment = figment.merge(Serialized::defaults(layer.dict));
        }
        if !problems.is_empty() {
            return Err(Invalid(problems));
        }
        let settings: Settings = figment.extract().map_err(|errors| {
            Invalid(
                errors
                    .into_iter()
                    .map(|error| explain(&error, &origins))
                    .collect(),
            )
        })?;
        settings.validate().map_err(Invalid)?;
        let effective = origins
            .keys()
            .filter_map(|path| Some((path.clone(), figment.find_value(path).ok()?)))
            .collect();
        Ok(Self {
            settings,
            effective,
            origins,
        })
    }
}

impl fmt::Display for Loaded {
    /// The effective configuration as TOML, secrets redacted, each with the layer it came from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, value) in &self.effective {
            let secret = keys::find(path).is_none_or(|key| key.secret);
            let shown = if secret {
                "\"***\"".to_owned()
            } else {
                written(value)
            };
            writeln!(f, "{path} = {shown}  # {}", self.origins[path])?;
        }
        Ok(())
    }
}

/// One source of settings, checked against the table.
struct Layer {
    name: String,
    dict: Dict,
    origins: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Layer {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            dict: Dict::new(),
            origins: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn of_environment(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut layer = Self::new("");
        for (variable, text) in environment {
            let Some(rest) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            layer.name.clone_from(&variable);
            let path = rest.to_ascii_lowercase().replace("__", ".");
            let shape = keys::find(&path).map_or(Shape::Text, |key| key.shape);
            layer.leaf(&path, from_text(shape, text));
        }
        layer
    }

    fn walk(&mut self, prefix: &str, dict: Dict) {
        for (name, value) in dict {
            let path = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}.{name}")
            };
            match value {
                Value::Dict(_, inner) if keys::find(&path).is_none() => self.walk(&path, inner),
                value => self.leaf(&path, value),
            }
        }
    }

    fn leaf(&mut self, path: &str, value: Value) {
        if let Some(key) = keys::find(path) {
            if fits(key.shape, &value) {
                self.put(path, value);
            } else {
                let found = if key.secret {
                    "what is given".to_owned()
                } else {
                    written(&value)
                };
                self.problem(path, &format!("{found} is not {}", key.right));
            }
        } else if let Some(key) = keys::find_file(path) {
            self.file(path, key.shape, &value);
        } else {
            self.problem(
                path,
                &format!(
                    "there is no such setting; the nearest is `{}`",
                    keys::nearest(path)
                ),
            );
        }
    }

    fn file(&mut self, path: &str, shape: Shape, value: &Value) {
        let Some(file) = value.as_str() else {
            return self.problem(path, "this is not the path of a file");
        };
        match std::fs::read_to_string(file) {
            Ok(text) => {
                let plain = path.trim_end_matches("_file").to_owned();
                let value = match shape {
                    Shape::List => Value::from(
                        text.lines()
                            .map(str::trim)
                            .filter(|line| !line.is_empty())
                            .map(str::to_owned)
                            .collect::<Vec<_>>(),
                    ),
                    _ => Value::from(text.trim().to_owned()),
                };
                self.put(&plain, value);
            }
            Err(error) => self.problem(path, &format!("{file} cannot be read: {error}")),
        }
    }

    fn put(&mut self, path: &str, value: Value) {
        if self.origins.contains_key(path) {
            return self.problem(path, "this is given both itself and as a file");
        }
        self.origins.insert(path.to_owned(), self.name.clone());
        insert(&mut self.dict, path, value);
    }

    fn problem(&mut self, path: &str, what: &str) {
        self.problems
            .push(format!("`{path}` ({}): {what}", self.name));
    }
}

/// TOML as a dictionary; the problem names the place and never quotes the text, which may hold a secret.
fn parsed(text: &str) -> Result<Dict, String> {
    Toml::from_str::<Dict>(text).map_err(|error| {
        let message = error.to_string();
        let lines: Vec<&str> = message.lines().collect();
        match lines.as_slice() {
            [place, .., what] => format!("{place}: {what}"),
            _ => "this is not TOML".to_owned(),
        }
    })
}

/// A variable's text as a value of the shape; a text that does not fit stays a text and is refused with its name.
fn from_text(shape: Shape, text: String) -> Value {
    match shape {
        Shape::Flag => text.trim().parse::<bool>().map_or(text.into(), Value::from),
        Shape::Number => text.trim().parse::<u64>().map_or(text.into(), Value::from),
        Shape::List if text.trim_start().starts_with('[') => {
            serde_json::from_str::<Vec<String>>(&text).map_or(text.into(), Value::from)
        }
        Shape::List => Value::from(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        ),
        Shape::Text => text.into(),
    }
}

fn fits(shape: Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Text, Value::String(..)) | (Shape::Flag, Value::Bool(..)) => true,
        (Shape::Number, Value::Num(_, number)) => number
            .to_u128()
            .or_else(|| u128::try_from(number.to_i128()?).ok())
            .is_some_and(|number| number > 0 && number <= u128::from(u32::MAX)),
        (Shape::List, Value::Array(_, parts)) => {
            parts.iter().all(|part| matches!(part, Value::String(..)))
        }
        _ => false,
    }
}

fn insert(dict: &mut Dict, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            dict.insert(path.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = dict
                .entry(section.to_owned())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn remove(dict: &mut Dict, path: &str) {
    match path.split_once('.') {
        None => {
            dict.remove(path);
        }
        Some((section, rest)) => {
            if let Some(Value::Dict(_, inner)) = dict.get_mut(section) {
                remove(inner, rest);
            }
        }
    }
}

fn explain(error: &Error, origins: &BTreeMap<String, String>) -> String {
    let mut path = error.path.join(".");
    if let Kind::MissingField(field) = &error.kind {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(field);
        let right = keys::find(&path).map_or("a value", |key| key.right);
        return format!("`{path}` is missing; it wants {right}");
    }
    let origin = origins.get(&path).map_or("", String::as_str);
    match keys::find(&path) {
        Some(key) => format!("`{path}` ({origin}): this is not {}", key.right),
        None => format!("`{path}` ({origin}): {}", error.kind),
    }
}

fn written(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "?".to_owned())
}
