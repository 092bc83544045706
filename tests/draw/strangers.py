"""Networks of kinds that no shipped spec has: attention across two tensors, gates, heads, critics, mixers, volumes."""

from __future__ import annotations

SEGFORMER = """
block Mix(ratio) { let d = in.channels
  Conv(d * ratio, 1) - DWConv(3) - GELU - Conv(d, 1) }
block Enc(heads, ratio, sr) { let d = in.channels
  n = LN(over="channels")
  kv = n - Conv(d, sr, sr, pad=0) if (sr > 1) - LN(over="channels") if (sr > 1) - Tokens
  q = n - Tokens
  a = (q, kv) - Attention(heads) - FromTokens(in.height)
  y = add { in | a }
  add { y | y - LN(over="channels") - Mix(ratio) } }
model mit(classes=15) {
  input 3x64x64
  f1 = Conv(32, 7, 4) - LN(over="channels") - [Enc(1, 4, 8)]x2 - LN(over="channels")
  f2 = f1 - Conv(64, 3, 2) - [Enc(2, 4, 4)]x2
  f3 = f2 - Conv(160, 3, 2) - [Enc(5, 4, 2)]x2
  f4 = f3 - Conv(256, 3, 2) - [Enc(8, 4, 1)]x2
  concat {
    f4 - Conv(32, 1) - Upsample(size=[f1.height, f1.width]) | f3 - Conv(32, 1) - Upsample(size=[f1.height, f1.width])
    | f2 - Conv(32, 1) - Upsample(size=[f1.height, f1.width]) | f1 - Conv(32, 1)
  } - Conv(32, 1, bias=false) - BN - ReLU - Dropout - Conv(classes, 1)
}
"""
MIXER = """
block Mlp(hidden) { let d = in.height
  Linear(hidden) - GELU - Linear(d) }
block Mixer(tokens, channels) {
  y = add { in | LN(over="last") - Permute([1, 0]) - token_mix: Mlp(tokens) - Permute([1, 0]) }
  add { y | y - LN(over="last") - channel_mix: Mlp(channels) }
}
model mixer(classes=10, depth=12) {
  input 3x56x56
  stem: Conv(48, 8, 8, pad=0) - Tokens - blocks: [Mixer(24, 192)]x depth - norm: LN(over="last") - Permute([1, 0])
  - GAPool - head: FC(classes)
}
"""
PERCEIVER = """
block Mlp(ratio=4) { let d = in.height
  LN(over="last") - Linear(d * ratio) - GELU - Linear(d) }
block Cross(heads) over (z, x) {
  n = z - LN(over="last")
  m = x - LN(over="last")
  y = add { z | (n, m) - Attention(heads) }
  add { y | y - Mlp }
}
block Latent(heads) {
  y = add { in | LN(over="last") - Attention(heads) }
  add { y | y - Mlp }
}
model perceiver(n=16, d=32, depth=3, classes=10) {
  input 3x32x32
  x = Conv(16, 4, 4, pad=0) - Tokens - Positions
  z = Param([n, d], std=0.02)
  z1 = (z, x) - cross1: Cross(1) - [Latent(8)]x depth
  z2 = (z1, x) - cross2: Cross(1) - [Latent(8)]x depth
  z2 - LN(over="last") - Permute([1, 0]) - GAPool - head: FC(classes)
}
"""
INCEPTION_RESNET = """
default Conv(bias=false)
macro Unit(c, k=3, s=1, p="same") = Conv(c, k, s, pad=p) - BN - ReLU
block BlockA(scale=0.17) { let c = in.channels
  r = concat { Unit(8, 1) | Unit(8, 1) - Unit(8) | Unit(8, 1) - Unit(12) - Unit(16) } - Conv(c, 1, bias=true)
  add { in | scale * r } - ReLU }
block Reduce { concat { MPool(3, 2, pad=1) | Unit(24, 3, 2, 1) | Unit(16, 1) - Unit(16) - Unit(24, 3, 2, 1) } }
model inception_resnet(classes=10) {
  input 3x33x33
  stem: (Unit(8, 3, 2, 1) - Unit(16) - Unit(32)) - a: [BlockA]x10 - reduce: Reduce - b: [BlockA(0.1)]x5
  - GAPool - Dropout(0.2) - head: FC(classes) - SM
}
"""
DETECTOR = """
default Conv(bias=false)
block Unit(c, s=1) { add { Conv(c, 3, s) - BN - ReLU - Conv(c) - BN | (Conv(c, 1, s) - BN) if (s > 1) } - ReLU }
block Head(n, depth=4) { [Conv(16, bias=true) - ReLU]x depth - Conv(n, bias=true) }
model detector(anchors=3, classes=5) {
  input 3x64x64
  c3 = Conv(16, 7, 2) - BN - ReLU - MPool(3, 2, pad=1) - [Unit(16)]x2
  c4 = c3 - Unit(32, 2) - Unit(32)
  c5 = c4 - Unit(64, 2) - Unit(64)
  p5 = c5 - Conv(16, 1, bias=true)
  p4 = add { c4 - Conv(16, 1, bias=true) | p5 - Upsample(2) }
  p3 = add { c3 - Conv(16, 1, bias=true) | p4 - Upsample(2) }
  shared cls: Head(anchors * classes)
  shared box: Head(anchors * 4)
  return p3 - cls - Sigmoid, p4 - cls - Sigmoid, p5 - cls - Sigmoid, p3 - box, p4 - box, p5 - box
}
"""
WAVENET = """
block Gated(c, d) {
  h = mul { Conv(c, 2, dilation=d, pad="same") - Tanh | Conv(c, 2, dilation=d, pad="same") - Sigmoid }
  return add { in | h - res: Conv(c, 1) }, h - skip: Conv(24, 1)
}
model wavenet(c=16) {
  input 1x400
  x0 = Conv(c, 1)
  x1, s1 = x0 - Gated(c, 1)
  x2, s2 = x1 - Gated(c, 2)
  x3, s3 = x2 - Gated(c, 4)
  x4, s4 = x3 - Gated(c, 8)
  x5, s5 = x4 - Gated(c, 16)
  add { s1 | s2 | s3 | s4 | s5 } - ReLU - Conv(24, 1) - ReLU - Conv(64, 1)
}
"""
VOLUMES = """
default Conv(bias=false)
block Double(c) { Conv(c // 2) - BN - ReLU - Conv(c) - BN - ReLU }
model volumes(classes=3) {
  input 1x16x32x32
  d1 = enc1: Double(16)
  d2 = d1 - MPool(2, 2) - enc2: Double(32)
  b = d2 - MPool(2, 2) - bottom: Double(64)
  u2 = concat { d2 | b - ConvTranspose(64, 2, 2) } - dec2: Double(32)
  u1 = concat { d1 | u2 - ConvTranspose(32, 2, 2) } - dec1: Double(16)
  u1 - out: Conv(classes, 1, bias=true)
}
"""
AUTOENCODER = """
model autoencoder(latent=32) {
  input 1x28x28
  z = encoder: (Conv(16, 3, 2) - ReLU - Conv(32, 3, 2) - ReLU - Flatten - FC(latent))
  y = z - decoder: (
    FC(32 * 7 * 7) - ReLU - Reshape([32, 7, 7])
    - ConvTranspose(16, 4, 2, pad=1) - ReLU - ConvTranspose(1, 4, 2, pad=1) - Sigmoid
  )
  return y, z
}
"""
GAN = """
default Conv(bias=false)
block Up(c) { Upsample(2) - Conv(c) - BN - LeakyReLU(0.2) }
block Down(c, norm=true) { Conv(c, 4, 2, pad=1) - (BN if (norm)) - LeakyReLU(0.2) }
model gan(ch=8) {
  input noise: 100
  input real: 3x32x32
  fake = noise - generator: (
    FC(ch * 4 * 16) - ReLU - Reshape([ch * 4, 4, 4]) - Up(ch * 2) - Up(ch) - Up(ch // 2) - Conv(3) - Tanh
  )
  shared critic: (Down(ch, false) - Down(ch * 2) - Down(ch * 4) - Flatten - FC(1))
  return fake, fake - critic, real - critic
}
"""
MIXTURE = """
block Tower(w, n) { [FC(w, bias=false) - BN - ReLU]x n }
model mixture(classes=5) {
  input image: 3x64x64
  input text: 40x32
  input table: 30
  a = image - vision: (Conv(32, 3, 2) - ReLU - Conv(64, 3, 2) - ReLU - GAPool - FC(32))
  b = text - language: (
    Linear(32) - [LN(over="last") - Attention(4)]x2 - LN(over="last") - Permute([1, 0]) - GAPool - FC(32)
  )
  c = table - Tower(32, 3)
  g = concat { a | b | c } - FC(3) - SM
  m = concat { a | b | c } - FC(64) - ReLU - Dropout(0.3)
  concat { m | g } - FC(classes) - SM
}
"""
DEEP = """
default Conv(bias=false)
block A(c) { Conv(c, 1) - BN - ReLU - Conv(c) - BN }
block B(c) { add { in | A(c) } - ReLU }
block C(c, n) { add { in | [B(c)]x n - Conv(c, 1) } }
block D(c, n, m) { concat { in | [C(c, n)]x m } - Conv(2 * c, 1) - BN - ReLU - MPool(2) }
block E(c) { D(c, 2, 2) - D(2 * c, 3, 1) }
model deep(classes=10) {
  input 3x64x64
  Conv(16, bias=true) - E(16) - E(64) - GAPool - FC(classes)
}
"""
HANGUL = """
default Conv(bias=false)
block Res(c, s=1) {
  add { Conv(c, 3, s) - BN - ReLU - Conv(c) - BN | "지름길": (Conv(c, 1, s) - BN) if (s > 1) } - ReLU
}
model hangul(classes=10) {
  input 3x64x64
  x = "줄기": (Conv(32, 7, 2) - BN - ReLU)
  y = x - "단계1": [Res(32)]x2 - "단계2": (Res(64, 2) - Res(64))
  m = y - "주의 집중": (GAPool - Conv(16, 1, bias=true) - ReLU - Conv(64, 1, bias=true) - Sigmoid)
  z = y * m
  z - GAPool - "출력": FC(classes) - SM
}
"""
STRANGERS = {
    "segformer": SEGFORMER,
    "mixer": MIXER,
    "perceiver": PERCEIVER,
    "inception_resnet": INCEPTION_RESNET,
    "detector": DETECTOR,
    "wavenet": WAVENET,
    "volumes": VOLUMES,
    "autoencoder": AUTOENCODER,
    "gan": GAN,
    "mixture": MIXTURE,
    "deep": DEEP,
    "hangul": HANGUL,
}
