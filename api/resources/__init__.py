"""The JSON endpoints: parse, permit, call one service, answer. No rules live here."""
