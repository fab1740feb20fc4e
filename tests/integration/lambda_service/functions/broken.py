"""A module that cannot be imported."""

import no_such_module

handler = no_such_module.handler
