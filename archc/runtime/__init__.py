"""Running networks: live modules, reference networks, verification and weights.

Takes emitted source and gives torch modules and measurements of them. Only this room, `training` and `importing` import
torch.
"""

__all__ = ["live", "references", "verify", "weights"]
