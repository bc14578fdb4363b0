"""Surveys the source before anything moves: one pass, with figures that later decisions rest on."""
