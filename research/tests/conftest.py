"""The settings of docassay's own tests hold here, too."""

from tests.conftest import _settings_of_the_process as _settings_of_the_process
