//! A passkey server on Rocket, as a library to mount in another application.
