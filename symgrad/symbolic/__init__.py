"""The only room that imports SymPy: conversion both ways, derivation, and proof.

SymPy reasons here and never emits: what leaves this room is IR, a number of digits, or a verdict.
Nothing on the default compile path imports it.
"""
