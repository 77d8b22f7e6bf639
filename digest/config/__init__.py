"""The shape of config.yaml, and how it is read."""

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
    RelayConfig,
    RepeatConfig,
    SmtpConfig,
    SourceConfig,
    SubscribersConfig,
    ThemeRule,
    ThemesConfig,
)
from digest.config.taxonomy import load_taxonomy, renamed_themes

__all__ = [
    "ArxivSource",
    "Config",
    "DeliveryConfig",
    "DkimConfig",
    "EditionConfig",
    "FeedSource",
    "FileSource",
    "HuggingFaceSource",
    "LlmConfig",
    "NewsletterConfig",
    "RelayConfig",
    "RepeatConfig",
    "SmtpConfig",
    "SourceConfig",
    "SubscribersConfig",
    "ThemeRule",
    "ThemesConfig",
    "load_config",
    "load_taxonomy",
    "renamed_themes",
]
