//! A WebAuthn verifier for servers, browsers and microcontrollers.
#![no_std]
