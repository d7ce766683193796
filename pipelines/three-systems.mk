# Three systems at once, nine directions through one aligned space; and two by
# two, with a space for each pair.

THREE := $(foreach k,1 2 3,$(call member,$(GRU_MULTI_OBJECT),$k))
TWO   := $(foreach p,1-2 1-3 2-3,$(call joined,$(foreach k,$(subst -, ,$p),$(word $k,$(THREE))),+))

$(call figure,three-systems,$(call by,mas,$(THREE),count count count) $(call each,mas,$(TWO),count count))
three-systems:  ## MAS of three Multi-Object GRUs
