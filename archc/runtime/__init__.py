"""What runs networks: live modules, references of other libraries, verification and weights.

Takes emitted source and gives modules of torch and what was measured of them. Only this room and `training` import
torch.
"""

__all__ = ["live", "references", "verify", "weights"]
