# Three systems at once, nine directions through one aligned space; and two by
# two, with a space for each pair.

THREE := $(foreach s,1 2 3,$(GRU_MULTI_OBJECT)-s$s)
TWO   := $(GRU_MULTI_OBJECT)-s1+$(GRU_MULTI_OBJECT)-s2 $(GRU_MULTI_OBJECT)-s1+$(GRU_MULTI_OBJECT)-s3 $(GRU_MULTI_OBJECT)-s2+$(GRU_MULTI_OBJECT)-s3

$(call figure,three-systems,$(call by,mas,$(THREE),count count count) $(call each,mas,$(TWO),count count))
three-systems:  ## MAS of three Multi-Object GRUs
