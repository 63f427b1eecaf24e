"""The receiver of Label Studio's webhooks, and what it sets off."""
