# Three systems at once: nine directions through one aligned space.

THREE := $(foreach s,1 2 3,$(GRU_MULTI_OBJECT)-s$s)

$(call figure,three-systems,$(call by,mas,$(THREE),count count count))
three-systems:  ## MAS of three Multi-Object GRUs
