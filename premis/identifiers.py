"""Identifiers, the links made of them, and what the model has no field for."""

from dataclasses import dataclass
from typing import TypeAlias

from premis.terms import Term


@dataclass(frozen=True, slots=True)
class UnknownAttribute:
    """An attribute that a field has no place for, kept with the unit it stood in.

    ``where`` is the element name of the subunit that carries it, ``""`` for the unit's own element; ``index`` counts
    subunits of that name from 0. ``name`` is in Clark notation: ``{namespace}local``, or ``local`` alone.
    """

    where: str
    name: str
    value: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class UnknownElement:
    """An element that the model does not know, kept with the unit it stood in and written back at that unit's end.

    ``where`` is the element name of the subunit that holds it, ``""`` for the unit itself. ``xml`` is the element
    serialised so that it is well formed by itself.
    """

    where: str
    xml: bytes


Unknown: TypeAlias = UnknownAttribute | UnknownElement


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value and the domain in which it is unique (PREMIS 1.1, 2.1, 3.1, 4.1.1).

    ``type`` names the domain, such as ``UUID`` or ``local``.
    """

    type: str
    value: str
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkingAgent:
    """An agent that took part, and as what (PREMIS 2.6, 4.1.9)."""

    identifier: Identifier
    roles: tuple[Term, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkingObject:
    """An object that an event or a rights statement is about, and in which role (PREMIS 2.7, 4.1.8)."""

    identifier: Identifier
    roles: tuple[Term, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkingEnvironment:
    """An environment that an agent is tied to, and in which role (PREMIS 3.9)."""

    identifier: Identifier
    roles: tuple[Term, ...] = ()
    unknown: tuple[Unknown, ...] = ()
