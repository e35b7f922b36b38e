//! The wish to stop, told to everybody who waits for it.

use tokio::sync::watch;

/// Says when to stop.
#[derive(Debug)]
pub(crate) struct StopTrigger(watch::Sender<bool>);

/// Knows whether to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn new() -> (StopTrigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (StopTrigger(sender), Self(receiver))
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when it is time to stop, also when nobody is left to say so.
    pub(crate) async fn wait(mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

impl StopTrigger {
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}
