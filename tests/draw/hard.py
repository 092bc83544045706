"""Networks for figures that are not chains of blocks, unlike most published ones."""

from __future__ import annotations

UNET = """
default Conv(bias=false)
block Double(c) { Conv(c) - BN - ReLU - Conv(c) - BN - ReLU }
model unet(classes=2) {
  input 3x256x256
  d1 = down1: Double(64)
  d2 = d1 - MPool - down2: Double(128)
  d3 = d2 - MPool - down3: Double(256)
  d4 = d3 - MPool - down4: Double(512)
  bottom = d4 - MPool - bottom: Double(1024)
  u4 = concat { d4 | bottom - Upsample(2) - Conv(512, 1) } - up4: Double(512)
  u3 = concat { d3 | u4 - Upsample(2) - Conv(256, 1) } - up3: Double(256)
  u2 = concat { d2 | u3 - Upsample(2) - Conv(128, 1) } - up2: Double(128)
  concat { d1 | u2 - Upsample(2) - Conv(64, 1) } - up1: Double(64) - out: Conv(classes, 1, bias=true)
}
"""
STREAMS = """
model two_streams(classes=10) {
  input 3x64x64
  a = fine: (Conv(32) - ReLU - Conv(32) - ReLU - MPool - Conv(64) - ReLU - MPool)
  b = coarse: (Conv(16, 7, 2) - ReLU - Conv(32, 5, 2) - ReLU)
  concat { a | b } - Conv(128) - ReLU - GAPool - fc: FC(classes) - SM
}
"""
CHAIN = """
model long_chain(classes=10) {
  input 3x64x64
  for (c, n) in [(32, 15), (64, 15), (128, 15), (256, 15)] { for i in range(n) { Conv(c + i) - ReLU } - MPool }
  - GAPool - fc: FC(classes) - SM
}
"""
BRANCHES = """
model eight_branches(classes=10) {
  input 16x32x32
  concat {
      Conv(8, 1) | Conv(8, 3) | Conv(8, 5) | Conv(8, 1) - Conv(8, 3)
    | Conv(8, 1) - Conv(8, 5) | MPool(3, 1, pad=1) - Conv(8, 1) | APool(3, 1, pad=1) - Conv(8, 1) | in
  } - ReLU - GAPool - fc: FC(classes) - SM
}
"""
NESTED = """
default Conv(bias=false)
block Gate() { mul { in | GAPool - Conv(in.channels // 4, 1) - ReLU - Conv(in.channels, 1) - Sigmoid } }
block Unit(c) { add { in | Conv(c) - BN - ReLU - Conv(c) - BN - gate: Gate } - ReLU }
block Group(c, n) { add { in | [Unit(c)]x n - Conv(c, 1) - BN } - ReLU }
model nested(classes=10) {
  input 3x64x64
  stem: Conv(32, bias=true) - ReLU - MPool
  - stage1: Group(32, 3) - pool: (Conv(64, 3, 2, bias=true) - ReLU) - stage2: Group(64, 4)
  - GAPool - fc: FC(classes) - SM
}
"""
PLAIN = """
default Conv(bias=false)
block Pair(c, stride=1) { conv1: Conv(c, 3, stride) - bn1: BN - ReLU - conv2: Conv(c) - bn2: BN - ReLU }
model plain34(classes=1000) {
  input 3x224x224
  conv1: Conv(64, 7, 2) - bn1: BN - ReLU - MPool(3, 2, pad=1)
  - layer1: [Pair(64)]x3
  - layer2: (Pair(128, 2) - [Pair(128)]x3)
  - layer3: (Pair(256, 2) - [Pair(256)]x5)
  - layer4: (Pair(512, 2) - [Pair(512)]x2)
  - GAPool - fc: FC(classes) - SM
}
"""
"""What stands beside ResNet-34 in its paper."""
HRNET = """
default Conv(bias=false)
block Unit(c) { add { in | Conv(c) - BN - ReLU - Conv(c) - BN } - ReLU }
block Down(c) { Conv(c, 3, 2) - BN }
block Up(c, by) { Conv(c, 1) - BN - Upsample(by) }
model parallel_streams(classes=19) {
  input 3x128x128
  x = stem: (Conv(32, 3, 2, bias=true) - ReLU)
  high1 = x - high1: [Unit(32)]x2
  mid1 = x - down1: Down(64) - mid1: [Unit(64)]x2
  high2 = add { high1 | mid1 - up1: Up(32, 2) } - ReLU - high2: [Unit(32)]x2
  mid2 = add { high1 - down2: Down(64) | mid1 } - ReLU - mid2: [Unit(64)]x2
  low2 = mid1 - down3: Down(128) - low2: [Unit(128)]x2
  concat { high2 | mid2 - Upsample(2) | low2 - Upsample(4) } - head: Conv(classes, 1, bias=true)
}
"""
HARD = {
    "unet": UNET,
    "two_streams": STREAMS,
    "long_chain": CHAIN,
    "eight_branches": BRANCHES,
    "nested": NESTED,
    "parallel_streams": HRNET,
}
FILM = """
default Conv(bias=false)
block Res3(width, out, t=1, s=1) {
  add {
      conv1: Conv(width, [t, 1, 1], 1, pad=[t // 2, 0, 0]) - bn1: BN - ReLU
      - conv2: Conv(width, 1x3x3, [1, s, s]) - bn2: BN - ReLU - conv3: Conv(out, 1) - bn3: BN
    | shortcut: (Conv(out, 1, [1, s, s]) - BN) if (s != 1 or in.channels != out)
  } - ReLU
}
model slowfast(classes=400) {
  input 3x32x112x112
  f0 = fast_stem: (Conv(8, 5x7x7, 1x2x2) - BN - ReLU - MPool(1x3x3, 1x2x2, pad=0x1x1))
  s0 = slow_pick: MPool(1, 8x1x1) - slow_stem: (Conv(64, 1x7x7, 1x2x2) - BN - ReLU - MPool(1x3x3, 1x2x2, pad=0x1x1))
  s0c = concat { s0 | f0 - lat0: Conv(16, 5x1x1, 8x1x1) }
  f1 = f0 - fast1: [Res3(8, 32, 3)]x3
  s1 = s0c - slow1: [Res3(64, 256)]x3
  s1c = concat { s1 | f1 - lat1: Conv(64, 5x1x1, 8x1x1) }
  f2 = f1 - fast2: (Res3(16, 64, 3, 2) - [Res3(16, 64, 3)]x3)
  s2 = s1c - slow2: (Res3(128, 512, 1, 2) - [Res3(128, 512)]x3)
  concat { s2 - GAPool | f2 - GAPool } - Dropout(0.5) - fc: FC(classes)
}
"""
"""Three axes, two streams with lines from the one to the other, kernels and strides that are lists."""
VOICE = """
block Gated(c, d) {
  add { in | Conv(2 * c, 3, dilation=d, pad=d) - GLU - Conv(c, 1, bias=false) - BN } - PReLU
}
model voice(classes=30) {
  input 1x16384
  stem: (Conv(32, 15, 4, bias=false) - BN - ReLU) - MPool(4)
  - for d in [1, 2, 4, 8] { "res{d}": Gated(32, d) }
  - mix: concat {
        Conv(16, 1) | Conv(16, 3) | Conv(16, 5) | Conv(16, 7, groups=4) | DWConv(9) - Conv(16, 1)
      | MPool(3, 1, pad=1) - Conv(16, 1)
      | APool(3, 1, pad=1) - Conv(16, 1) | in
    }
  - GN(8) - SiLU - GAPool - fc: FC(classes) - LogSoftmax
}
"""
"""One axis, dilations that grow, eight branches."""
TREES = """
default Conv(bias=false)
block Basic(c, s=1) {
  add {
      Conv(c, 3, s) - BN - ReLU - Conv(c) - BN
    | (MPool(s) if (s > 1)) - (Conv(c, 1) - BN if (in.channels != c))
  } - ReLU
}
block Root(c) { Conv(c, 1) - BN - ReLU }
block Tree1(c, s=1) {
  a = left: Basic(c, s)
  b = a - right: Basic(c)
  concat { b | a } - root: Root(c)
}
block Tree2(c, s=1) {
  bottom = MPool(s) if (s > 1)
  a = left: Tree1(c, s)
  x = a - right_left: Basic(c)
  y = x - right_right: Basic(c)
  concat { y | x | a | bottom } - root: Root(c)
}
model tree(classes=50) {
  input 3x128x128
  base: (Conv(16, 7) - BN - ReLU) - level0: (Conv(16) - BN - ReLU) - level1: (Conv(32, 3, 2) - BN - ReLU)
  - level2: Tree1(64, 2) - level3: Tree2(128, 2) - level4: Tree2(256, 2) - level5: Tree1(512, 2)
  - GAPool - fc: Conv(classes, 1, bias=true) - Flatten
}
"""
"""Blocks in blocks whose instances have one name in several places."""
GATED = """
default Conv(bias=false)
block Double(c) { Conv(c) - GN(8) - SiLU - Conv(c) - GN(8) - SiLU }
block AG(c) over (x, g) {
  a = x - theta: Conv(c, 1)
  b = g - phi: Conv(c, 1)
  m = add { a | b } - ReLU - psi: Conv(1, 1, bias=true) - Sigmoid - Conv(x.channels, 1)
  return mul { x | m }
}
model seg(classes=4) {
  input 1x192x192
  e1 = enc1: Double(32)
  e2 = e1 - MPool - enc2: Double(64)
  e3 = e2 - MPool - enc3: Double(128)
  mid = e3 - MPool - mid: Double(256)
  t3 = mid - up3: ConvTranspose(128)
  d3 = concat { e3 | t3 } - dec3: Double(128)
  t2 = d3 - up2: ConvTranspose(64)
  g2 = concat { e2 | t2 } - Split([64, 64]) - gate2: AG(32)
  d2 = concat { g2 | t2 } - dec2: Double(64)
  t1 = d2 - up1: (Conv(128, 1) - PixelShuffle(2))
  d1 = concat { e1 | t1 } - dec1: Double(32)
  mask = d1 - mask: Conv(classes, 1, bias=true)
  fine = d1 - sr: (Conv(16, 3) - PixelShuffle(4))
  return mask, fine
}
"""
"""A U with a gate, which is neither a U nor a chain, and two outputs."""
PAIR = """
block Apart(c) over (a, b) {
  u = a - Conv(c)
  return b - u
}
model pair(classes=3) {
  input left: 8x32x32
  input right: 8x32x32
  shared code: (Conv(8) - BN - ReLU - Conv(8))
  a = left - code
  b = right - code
  d = a - b
  r = a / (b * b + 1)
  x, z = concat { a | d } - Chunk(2) - Apart(8) - Split([4, 4])
  concat { d | r | x | z } - Conv(16) - GAPool - fc: FC(classes)
}
"""
"""Two inputs through one module, differences and a quotient of what comes out of it."""
ATTENTION = """
default Conv(bias=false)
block Two(c) { Conv(c) - BN - ReLU - Conv(c) - BN - ReLU }
block AttentionGate(c) over (skip, gate) {
  a = skip - Conv(c, 1) - BN
  b = gate - Conv(c, 1) - BN
  m = add { a | b } - ReLU - Conv(1, 1, bias=true) - Sigmoid
  return mul { skip | m }
}
block Up(c) { Upsample(2) - Conv(c) - BN - ReLU }
model attention_unet(classes=1) {
  input 1x128x128
  e1 = enc1: Two(32)
  e2 = e1 - MPool - enc2: Two(64)
  e3 = e2 - MPool - enc3: Two(128)
  m = e3 - MPool - mid: Two(256)
  u3 = m - up3: Up(128)
  g3 = (e3, u3) - att3: AttentionGate(64)
  d3 = concat { g3 | u3 } - dec3: Two(128)
  u2 = d3 - up2: Up(64)
  g2 = (e2, u2) - att2: AttentionGate(32)
  d2 = concat { g2 | u2 } - dec2: Two(64)
  u1 = d2 - up1: Up(32)
  g1 = (e1, u1) - att1: AttentionGate(16)
  concat { g1 | u1 } - dec1: Two(32) - Conv(classes, 1, bias=true) - Sigmoid
}
"""
"""A U whose gates read a skip and what comes from below."""
FURTHER = {"attention": ATTENTION, "film": FILM, "voice": VOICE, "trees": TREES, "gated": GATED, "pair": PAIR}
"""Not in the documentation."""
