//! Accounts and regions: what belongs to one is invisible to the others.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::StoreError;
use crate::kind::Value;
use crate::sql::{self, Sql};

/// Where a record belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Twelve digits.
    pub account: Arc<str>,
    /// For example `us-east-1`; empty for what an account has once, as its users.
    pub region: Arc<str>,
}

impl Scope {
    /// An account's part in a region.
    pub fn new(account: &str, region: &str) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// The part of an account that is the same in all regions.
    #[must_use]
    pub fn global(&self) -> Self {
        Self { account: Arc::clone(&self.account), region: "".into() }
    }
}

/// The numbers of scopes that readers met, so that not every read asks for one: a number, once committed, stays.
#[derive(Debug, Default)]
pub(crate) struct ScopeNumbers(RwLock<HashMap<Scope, i64>>);

impl ScopeNumbers {
    /// The number of a scope, for a reader: what it sees is committed, and may be remembered.
    pub(crate) fn committed(&self, sql: &dyn Sql, scope: &Scope) -> Result<Option<i64>, StoreError> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(scope).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = number(sql, scope)?;
        if let Some(number) = found {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(scope.clone(), number);
        }
        Ok(found)
    }
}

/// The number of a scope; none when nothing was ever written in it.
pub(crate) fn number(sql: &dyn Sql, scope: &Scope) -> Result<Option<i64>, StoreError> {
    let parameters = [Value::from(&*scope.account), Value::from(&*scope.region)];
    let found = sql::one(sql, "SELECT number FROM scope WHERE account = ?1 AND region = ?2", &parameters)?;
    Ok(match found {
        Some(Value::Integer(number)) => Some(number),
        _ => None,
    })
}
