"""Addresses of brokers: their parts, checked. Imports nothing that takes time."""

from __future__ import annotations

from urllib.parse import urlsplit

from docassay.schemas.errors import InputError


def kafka(source: str) -> tuple[str, str]:
    """Split an address into broker and topic.

    >>> kafka("kafka://localhost:9092/mail")
    ('localhost:9092', 'mail')

    Raises:
        InputError: One of the two is missing.
    """
    parts = urlsplit(source)
    topic = parts.path.strip("/")
    if not parts.netloc or not topic or "/" in topic:
        raise InputError(f"{source}: write kafka://BROKER:PORT/TOPIC")
    return parts.netloc, topic


def pubsub(source: str) -> str:
    """Give the full name of a subscription.

    >>> pubsub("pubsub://acme/mail")
    'projects/acme/subscriptions/mail'

    Raises:
        InputError: The project or the subscription is missing.
    """
    parts = urlsplit(source)
    name = parts.path.strip("/")
    if not parts.netloc or not name or "/" in name:
        raise InputError(f"{source}: write pubsub://PROJECT/SUBSCRIPTION")
    return f"projects/{parts.netloc}/subscriptions/{name}"
