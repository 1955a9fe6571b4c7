"""Simulated machines that serve real protocols on loopback: physics, handshakes, faults on request.

    python -m adapters.simulate.press --port 1502 --door 8502

They share no code with the gateway: a fault that both made would not be seen.
"""
