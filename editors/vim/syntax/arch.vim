" Syntax of archc specs; `python -m tests.editor.grammars` writes this file.
if exists("b:current_syntax")
  finish
endif

syntax match archOperator13a /\v[-+*\/%=<>!|]+/
syntax match archOperator12a /\v\]\zsx/
syntax match archNumber11a /\v<[0-9][0-9_]*(x[0-9]+)+>|<[0-9][0-9_]*(\.[0-9_]+)?([eE][+-]?[0-9]+|[KMGT](iB?|B)?)?>/
syntax match archFunction10a /\v<(min|max|abs|round|floor|ceil|int|len|sum|range|enumerate|zip)\ze\s*\(/
syntax match archFunction9a /\v<(APool|AdaptiveAPool|AdaptiveAvgPool|AdaptiveMPool|AdaptiveMaxPool|Add|Affine|Apool|Attention|AvgPool|BN|BatchNorm|BlurPool|CELU|ChannelShuffle|Chunk|Concat|Conv|ConvTranspose|Crop|DWConv|Deconv|Dropout|Dropout2d|ELU|FC|Flatten|FromTokens|GAPool|GELU|GLU|GMPool|GN|GlobalAPool|GlobalAvgPool|GlobalMPool|GlobalMaxPool|GroupNorm|HSigmoid|HSwish|Hardsigmoid|Hardswish|Identity|Input|InstanceNorm|LN|LPPool|LRN|LayerNorm|LeakyReLU|Linear|LogSoftmax|MPool|MaxPool|Mish|Mpool|Mul|Norm|PReLU|PadChannels|Param|Permute|PixelShuffle|PixelUnshuffle|Pool|Positions|RBF|RMSNorm|ReLU|ReLU6|Reshape|SELU|SM|Scale|Shuffle|SiLU|Sigmoid|Slice|SoftMax|Softmax|Softplus|Split|StochasticDepth|Subsample|Swish|Tanh|Tokens|Upsample)>/
syntax match archConstant8a /\v<(true|false|none)>/
syntax match archOperator7a /\v<(and|or|not)>/
syntax match archKeyword6a /\v<(if|else|for|in|as|use|over|after|all|except|training)>/
syntax match archKeyword5a /\v<(add|concat|mul)\ze\s*\{/
syntax match archIdentifier4a /\v<\h\w*\ze\s*\=(\=)@!/
syntax region archText start=/"/ skip=/\\./ end=/"\|$/ oneline
syntax region archDoc start=/"""/ skip=/\\./ end=/"""/
syntax match archIdentifier3a /\v(\h\w*|"[^"]*")\ze\s*:/
syntax match archKeyword2a /\v^\s*\zs(from|allow|default|init|return|input|expect|replace|remove|insert|truncate|freeze|unfreeze)>(\s*[:=.])@!/
syntax match archKeyword1a /\v^\s*\zs(block|model|macro|variant|fn|let)>\ze\s+\h/
syntax match archType1b /\v(^\s*(block|model|macro|variant|fn|let)\s+)@<=\h\w*/
syntax match archComment0a /\v#.*$/

highlight default link archText String
highlight default link archDoc String
highlight default link archOperator13a Operator
highlight default link archOperator12a Operator
highlight default link archNumber11a Number
highlight default link archFunction10a Function
highlight default link archFunction9a Function
highlight default link archConstant8a Constant
highlight default link archOperator7a Operator
highlight default link archKeyword6a Keyword
highlight default link archKeyword5a Keyword
highlight default link archIdentifier4a Identifier
highlight default link archIdentifier3a Identifier
highlight default link archKeyword2a Keyword
highlight default link archKeyword1a Keyword
highlight default link archType1b Type
highlight default link archComment0a Comment

let b:current_syntax = "arch"
