"""Which vendor a path belongs to."""
from .anthropic import Anthropic
from .google import Google
from .openai import OpenAI

ALL = [OpenAI(), Anthropic(), Google()]


def of(request):
    for vendor in ALL:
        if vendor.serves(request):
            return vendor
    return None
