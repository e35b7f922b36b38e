//! `thingwarden config`: what the settings are, and whether a configuration is good.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::Outcome;
use crate::config::approvals::Shown;
use crate::config::audit::Config;
use crate::config::{self, Chosen, Kind};
use crate::output::text::escape;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check a configuration file and the environment; exit code 0 when they are good, 2 when not
    Check {
        /// Configuration file, TOML; without it, only the environment is checked
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Print all settings of the server with their values, where these come from, and what they do
    Print {
        /// Configuration file, TOML
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// How they are printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
        format: Format,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// A configuration file with these values
    Toml,
    Json,
    /// Defaults only, as in the documentation
    Markdown,
}

pub(super) fn run(command: &ConfigCommand) -> anyhow::Result<Outcome> {
    let environment = config::environment();
    let mut out = io::stdout().lock();
    match command {
        ConfigCommand::Check { file } => {
            let loaded = config::load(file.as_deref(), &environment, &[])?;
            let problems = loaded.audit.secret_problems(&environment);
            if !problems.is_empty() {
                bail!(problems.join("\n"));
            }
            writeln!(out, "the configuration is good")?;
        }
        ConfigCommand::Print { format: Format::Markdown, .. } => {
            let defaults = config::load(None, &[], &[])?;
            out.write_all(markdown(&defaults.chosen).as_bytes())?;
        }
        ConfigCommand::Print { config, format } => {
            let config::Loaded { chosen, audit, .. } = config::load(config.as_deref(), &environment, &[])?;
            let text = match format {
                Format::Table | Format::Markdown => table(&chosen) + &tables(&audit),
                Format::Toml => toml(&chosen) + &tables(&audit),
                Format::Json => format!("{:#}\n", json(&chosen, &audit)),
            };
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(Outcome::Good)
}

fn table(chosen: &[Chosen]) -> String {
    let mut text = String::new();
    for one in chosen {
        let key = one.key;
        let shown =
            |value: &str| if value.is_empty() { "(none)".to_owned() } else { escape(value).to_string() };
        let unit = if key.unit.is_empty() { String::new() } else { format!(" {}", key.unit) };
        text.push_str(&format!(
            "{} = {}{unit}  ({}; default {})\n    {}\n",
            key.path(),
            shown(&one.text),
            one.source,
            shown(key.default),
            key.about,
        ));
    }
    text
}

fn toml(chosen: &[Chosen]) -> String {
    let mut text = String::new();
    let mut section = "";
    for one in chosen {
        if section != one.key.section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section = one.key.section;
            text.push_str(&format!("{gap}[{section}]\n"));
        }
        let unit = if one.key.unit.is_empty() { String::new() } else { format!(" Unit: {}.", one.key.unit) };
        text.push_str(&format!("# {}{unit} From: {}.\n", one.key.about, one.source));
        text.push_str(&format!("{} = {}\n", one.key.name, toml_value(one)));
    }
    text
}

/// A list of tables of the file: its name, what it is for, and keys with values of each. Secrets are not in it, only where they are.
type Tables = (&'static str, &'static str, Vec<Shown>);

fn lists(config: &Config) -> [Tables; 4] {
    let text = |(key, text): &(String, String)| (key.clone(), toml::Value::String(text.clone()));
    let sinks = config.sinks.iter().map(|sink| sink.shown.iter().map(text).collect());
    let approvers = config.approvers.iter().map(|approver| approver.shown.clone());
    let approvals = config.approvals.iter().map(|rule| rule.shown.clone());
    let issuers = config.token_issuers.iter().map(|issuer| issuer.shown.clone());
    [
        (
            "sinks",
            "Where findings of audits go. Secrets are not shown, only where they are.",
            sinks.collect(),
        ),
        ("approvers", "Who is asked. Secrets are not shown, only where they are.", approvers.collect()),
        ("approvals", "What is mitigated by itself, and what somebody is asked about.", approvals.collect()),
        ("token_issuers", "Whose tokens let clients in.", issuers.collect()),
    ]
}

/// The lists of tables as they were configured.
fn tables(config: &Config) -> String {
    let mut text = String::new();
    for (name, _, tables) in lists(config) {
        for table in tables {
            text.push_str(&format!("\n[[{name}]]\n"));
            for (key, value) in table {
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
    }
    text
}

fn toml_value(one: &Chosen) -> String {
    let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
    match one.key.kind {
        Kind::Text => string(&one.text),
        Kind::Number | Kind::Boolean => one.text.clone(),
        Kind::List => format!("[{}]", items(&one.text).map(string).collect::<Vec<_>>().join(", ")),
        Kind::Map => {
            let pairs = pairs(&one.text).map(|(key, value)| format!("{} = {}", string(key), string(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

fn json(chosen: &[Chosen], config: &Config) -> serde_json::Value {
    let value = |kind, text: &str| match kind {
        Kind::Number => text.parse::<u64>().map_or(serde_json::Value::Null, Into::into),
        Kind::Boolean => (text == "true").into(),
        Kind::List => items(text).collect(),
        Kind::Map => pairs(text).collect(),
        Kind::Text if text.is_empty() => serde_json::Value::Null,
        Kind::Text => text.into(),
    };
    let one = |one: &Chosen| {
        let key = one.key;
        json!({
            "key": key.path(),
            "value": value(key.kind, &one.text),
            "default": value(key.kind, key.default),
            "source": one.source.to_string(),
            "unit": key.unit,
            "about": key.about,
            "variable": key.variable(),
        })
    };
    let list = |(name, about, tables): Tables| {
        let table = |table: Shown| table.into_iter().collect::<toml::Table>();
        json!({
            "key": name,
            "value": tables.into_iter().map(table).collect::<Vec<_>>(),
            "default": [],
            "source": "the configuration file",
            "unit": "",
            "about": about,
            "variable": null,
        })
    };
    chosen.iter().map(one).chain(lists(config).map(list)).collect()
}

fn markdown(chosen: &[Chosen]) -> String {
    let mut text = "# Settings of the server\n\nGenerated from `crates/server/src/config/keys.rs` by `cargo xtask gen`; \
        what they are for and how they are given is in [configuration.md](configuration.md).\n\n\
        | key | default | unit | what it does |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for one in chosen {
        let default = if one.text.is_empty() { String::new() } else { format!("`{}`", one.text) };
        text.push_str(&format!(
            "| `{}` | {default} | {} | {} |\n",
            one.key.path(),
            one.key.unit,
            one.key.about
        ));
    }
    text
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    items(text).filter_map(|item| item.split_once('='))
}
