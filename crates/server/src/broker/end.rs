//! Why connections end, in the words of those who hear of it.

use thingwarden_mqtt::{Misuse, PeerError, Reason};
use thingwarden_store::StoreError;

use crate::api::ApiError;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("the client said good-bye")]
    Client { with_will: bool },
    #[error("the connection was lost")]
    Lost,
    #[error("{0}")]
    Peer(#[from] PeerError),
    /// With the evidence.
    #[error("{0}")]
    Denied(String),
    #[error("the certificate, access key or authorizer is not ACTIVE any more, or its time is over")]
    Credentials,
    #[error("a WebSocket connection ends after its time (`limits.mqtt_websocket_seconds`)")]
    WebSocketAge,
    #[error("the time that its authorizer gave it, or that of its token, is over")]
    AuthorizerTime,
    #[error("a new connection was established with the same client ID")]
    TakenOver,
    #[error("the connection was ended by a call of DeleteConnection")]
    Evicted,
    #[error("no more messages may be retained")]
    RetainedFull,
    #[error("there are as many sessions as may be (`limits.mqtt_sessions`)")]
    SessionsFull,
    /// With the setting that says so.
    #[error("there are as many connections as may be (`{0}`)")]
    PlacesFull(&'static str),
    /// With the setting that says so.
    #[error("more connects in a second than there may be (`{0}`)")]
    ConnectsTooOften(&'static str),
    #[error("it was not let in in time, and others need its place")]
    Crowded,
    #[error("the server stops")]
    Stopping,
    #[error("the server failed: {0}")]
    Failed(String),
}

impl End {
    /// Whether the client may not be connected any more.
    pub(super) fn is_loss_of_rights(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::Credentials)
    }

    /// As life-cycle events call it ([disconnect
    /// reasons](https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html)).
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Client { .. } => "CLIENT_INITIATED_DISCONNECT",
            Self::Lost => "CONNECTION_LOST",
            Self::Peer(PeerError::KeepAlive) => "MQTT_KEEP_ALIVE_TIMEOUT",
            Self::Peer(_) => "CLIENT_ERROR",
            Self::Denied(_) => "AUTH_ERROR",
            Self::Credentials => "FORBIDDEN_ACCESS",
            Self::WebSocketAge => "WEBSOCKET_TTL_EXPIRATION",
            Self::AuthorizerTime => "CUSTOMAUTH_TTL_EXPIRATION",
            Self::TakenOver => "DUPLICATE_CLIENTID",
            Self::RetainedFull
            | Self::SessionsFull
            | Self::PlacesFull(_)
            | Self::ConnectsTooOften(_)
            | Self::Crowded => "THROTTLED",
            Self::Stopping | Self::Evicted => "SERVER_INITIATED_DISCONNECT",
            Self::Failed(_) => "SERVER_ERROR",
        }
    }

    /// As MQTT calls it.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Client { .. } | Self::Lost => Reason::Success,
            Self::Peer(error) => error.reason(),
            Self::Denied(_) | Self::Credentials => Reason::NotAuthorized,
            Self::WebSocketAge | Self::AuthorizerTime => Reason::MaximumConnectTime,
            Self::TakenOver => Reason::SessionTakenOver,
            Self::Evicted => Reason::AdministrativeAction,
            Self::RetainedFull | Self::SessionsFull | Self::PlacesFull(_) => Reason::QuotaExceeded,
            Self::ConnectsTooOften(_) => Reason::ConnectionRateExceeded,
            Self::Crowded => Reason::ServerBusy,
            Self::Stopping => Reason::ServerShuttingDown,
            Self::Failed(_) => Reason::UnspecifiedError,
        }
    }

    /// Whether the client's last will is published.
    pub(super) fn leaves_will(&self) -> bool {
        !matches!(self, Self::Client { with_will: false })
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        Self::Failed(error.cause.map_or_else(|| error.told.to_string(), |cause| cause.to_string()))
    }
}

impl From<Misuse> for End {
    fn from(misuse: Misuse) -> Self {
        Self::Failed(misuse.to_string())
    }
}
