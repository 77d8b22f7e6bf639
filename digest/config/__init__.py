"""The shape of config.yaml, and how it is read."""

from digest.config.bounces import BouncesConfig, ImapConfig
from digest.config.lists import ListConfig, SubscribersConfig
from digest.config.reading import load_config
from digest.config.shape import (
    ArxivSource,
    Config,
    DeliveryConfig,
    DkimConfig,
    EditionConfig,
    FeedSource,
    FileSource,
    HuggingFaceSource,
    LlmConfig,
    NewsletterConfig,
    Origin,
    RelayConfig,
    RepeatConfig,
    SmtpConfig,
    SourceConfig,
)
from digest.config.storage import StorageConfig, WorkersConfig
from digest.config.taxonomy import joint_themes, load_taxonomy, renamed_themes
from digest.config.themes import ThemeEntry, ThemeRule, ThemesConfig
from digest.config.web import WebConfig

__all__ = [
    "ArxivSource",
    "BouncesConfig",
    "Config",
    "DeliveryConfig",
    "DkimConfig",
    "EditionConfig",
    "FeedSource",
    "FileSource",
    "HuggingFaceSource",
    "ImapConfig",
    "ListConfig",
    "LlmConfig",
    "NewsletterConfig",
    "Origin",
    "RelayConfig",
    "RepeatConfig",
    "SmtpConfig",
    "SourceConfig",
    "StorageConfig",
    "SubscribersConfig",
    "ThemeEntry",
    "ThemeRule",
    "ThemesConfig",
    "WebConfig",
    "WorkersConfig",
    "joint_themes",
    "load_config",
    "load_taxonomy",
    "renamed_themes",
]
