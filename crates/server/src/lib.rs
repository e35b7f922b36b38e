//! `thingwarden`: audits an IoT fleet from files. The command line is in `cli/`, what it prints in `output/`, what it reads in
//! `snapshot/`; all judgment is the engine's.
//!
//! A library only so that fuzz targets can reach what parses; the product is the binary.

mod activity;
mod api;
mod approvals;
mod audits;
pub mod auth;
mod authorizers;
mod broker;
pub mod cli;
mod clock;
mod cloudwatch;
mod config;
mod connections;
mod data_dir;
mod delivery;
mod demo;
mod device_access;
mod device_logs;
mod egress;
mod front;
mod http;
mod iam;
mod import;
mod logs;
mod mitigation;
mod names;
mod online;
mod ops;
mod output;
mod pki;
mod provisioning;
mod quarantine;
mod query;
mod random;
mod root_credentials;
mod shadows;
mod sinks;
mod snapshot;
mod sns;
mod sts;
mod throttle;
mod token_issuers;
mod workers;

/// Entry points of fuzz targets, which need what parses and nothing else.
#[cfg(fuzzing)]
pub mod fuzzing;
