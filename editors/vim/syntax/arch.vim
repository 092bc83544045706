" Syntax of archc specs; `python -m tests.editor.grammars` writes this file.
if exists("b:current_syntax")
  finish
endif

syntax match archOperator14a /\v[-+*\/%=<>!|]+/
syntax match archOperator13a /\v\]\zsx/
syntax match archNumber12a /\v<[0-9][0-9_]*(x[0-9]+)+>|<[0-9][0-9_]*(\.[0-9_]+)?([eE][+-]?[0-9]+|[KMGT](iB?|B)?)?>/
syntax match archFunction11a /\v<(min|max|abs|round|floor|ceil|int|len|sum|range|enumerate|zip)\ze\s*\(/
syntax match archFunction10a /\v<(APool|AdaptiveAPool|AdaptiveAvgPool|AdaptiveMPool|AdaptiveMaxPool|Add|Affine|Apool|Arithmetic|Attention|AvgPool|BN|BatchNorm|BlurPool|CELU|ChannelShuffle|Chunk|Concat|Conv|ConvTranspose|CosineWindowAttention|Crop|DWConv|Deconv|Div|Dropout|Dropout2d|ELU|FC|Flatten|FromTokens|FromWindows|GAPool|GELU|GLU|GMPool|GN|GlobalAPool|GlobalAvgPool|GlobalMPool|GlobalMaxPool|GroupNorm|HSigmoid|HSwish|Hardsigmoid|Hardswish|Identity|Input|InstanceNorm|LN|LPPool|LRN|LayerNorm|LeakyReLU|Linear|LogSoftmax|MPool|MatMul|MaxPool|Mish|Mpool|Mul|Neg|Norm|PReLU|Pad|PadChannels|Param|Permute|PixelShuffle|PixelUnshuffle|Pool|Positions|RBF|RMSNorm|ReLU|ReLU6|Reshape|Roll|SELU|SM|Scale|ScaledStdConv|Shuffle|SiLU|Sigmoid|Slice|SoftMax|Softmax|Softplus|Split|StochasticDepth|Sub|Subsample|Swish|Tanh|Tokens|Upsample|WSConv|WindowAttention|Windows)>/
syntax match archConstant9a /\v<(true|false|none)>/
syntax match archOperator8a /\v<(and|or|not)>/
syntax match archKeyword7a /\v<(if|else|for|in|as|use|over|after|all|except|training)>/
syntax match archKeyword6a /\v<every\ze(\s*\[|\s+for>)/
syntax match archKeyword5a /\v<(add|concat|mul)\ze\s*\{/
syntax match archIdentifier4a /\v<\h\w*\ze\s*\=(\=)@!/
syntax region archText start=/"/ skip=/\\./ end=/"\|$/ oneline
syntax region archDoc start=/"""/ skip=/\\./ end=/"""/
syntax match archIdentifier3a /\v(\h\w*|"[^"]*")\ze\s*:/
syntax match archKeyword2a /\v^\s*\zs(from|allow|default|init|return|input|shared|expect|replace|remove|insert|truncate|freeze|unfreeze)>(\s*[:=.])@!/
syntax match archKeyword1a /\v^\s*\zs(block|model|macro|variant|fn|let)>\ze\s+\h/
syntax match archType1b /\v(^\s*(block|model|macro|variant|fn|let)\s+)@<=\h\w*/
syntax match archComment0a /\v#.*$/

highlight default link archText String
highlight default link archDoc String
highlight default link archOperator14a Operator
highlight default link archOperator13a Operator
highlight default link archNumber12a Number
highlight default link archFunction11a Function
highlight default link archFunction10a Function
highlight default link archConstant9a Constant
highlight default link archOperator8a Operator
highlight default link archKeyword7a Keyword
highlight default link archKeyword6a Keyword
highlight default link archKeyword5a Keyword
highlight default link archIdentifier4a Identifier
highlight default link archIdentifier3a Identifier
highlight default link archKeyword2a Keyword
highlight default link archKeyword1a Keyword
highlight default link archType1b Type
highlight default link archComment0a Comment

let b:current_syntax = "arch"
