//! Where a page of a listing begins.

use thingwarden_store::Cursor;

use crate::api::ApiError;
use crate::iam::Cx;

/// The place that `token` stands for; none for the first page.
///
/// # Errors
/// When the token was not given out for this listing.
pub(super) fn place(cx: &Cx, listing: &[&str], token: Option<&str>) -> Result<Option<Cursor>, ApiError> {
    let refused = || ApiError::invalid("`nextToken` is not one that this listing gave out");
    token.map(|token| cx.app.paging.unseal(listing, token).ok_or_else(refused)).transpose()
}
